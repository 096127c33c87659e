"""The library of criteria that a rubric may take by name (`use: library/tests@1`): one YAML file for each version.

A file that was published is never changed: what changes becomes the next version, in a file of its own. So a rubric
means the same with every later release.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from types import MappingProxyType

from grader.rubric import Library
from grader.rubric.library import LibraryCriterion, read_entry


@cache
def built_in() -> Library:
    """The texts of the library that ships with the grader, by name and version."""
    files = (file for file in resources.files(__package__).iterdir() if file.name.endswith(".yaml"))
    texts = {_name(file.name): file.read_text("utf-8") for file in files}
    return MappingProxyType(dict(sorted(texts.items())))


def criteria() -> tuple[LibraryCriterion, ...]:
    """All entries, read. The order is that of their names.

    Raises:
        SourceError: one is not well formed.
    """
    return tuple(read_entry(text, name)[1] for name, text in built_in().items())


def _name(file: str) -> str:
    """`tests.1.yaml` is version 1 of `tests`."""
    name, _, version = file.removesuffix(".yaml").rpartition(".")
    return f"{name}@{version}"
