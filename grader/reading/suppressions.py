"""Comments and settings by which a submission tries to silence tools. None has any effect here; all are facts."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

from .limits import cut
from .remarks import place
from .source import Refused, read_bounded
from .tree import Module

SILENCING = re.compile(
    r"#\s*(?:(?:ruff|flake8)\s*:\s*)?(?:noqa\b|nosec\b|nopep8\b"
    r"|type:\s*ignore|ty:\s*ignore|pyright:\s*(?:ignore|basic)|mypy:\s*(?:ignore|disable|allow)"
    r"|pylint:\s*(?:disable|skip)|ruff:\s*(?:disable|ignore|noqa)|isort:\s*skip|fmt:\s*(?:off|skip)|yapf:\s*disable"
    r"|pragma:\s*no\s*(?:cover|branch|mutate)|lizard\s+forgives|NOSONAR|codespell:\s*ignore)",
    re.IGNORECASE,
)
SETTINGS_FILES = frozenset(
    {
        *("ruff.toml", ".ruff.toml", ".flake8", ".pycodestyle", ".pylintrc", "pylintrc", ".bandit"),
        *("mypy.ini", ".mypy.ini", "pyrightconfig.json", ".coveragerc", "radon.cfg"),
    }
)
SECTION = re.compile(
    r"^\s*\[\s*(?:tool\.)?\"?(ruff|flake8|pylint|coverage|mypy|radon|pycodestyle|pydocstyle|bandit|pyright)\b"
)
SHARED_FILES = frozenset({"pyproject.toml", "setup.cfg", "tox.ini"})
MAX_SETTINGS_BYTES = 64 * 1024


def comments(module: Module) -> Iterator[dict[str, Any]]:
    """`Suppression` facts of the comments of one file."""
    for comment in module.comments:
        if SILENCING.search(comment.text):
            yield {"place": place(module.path, comment.line), "text": cut(comment.text, 200)}


def settings(root: str, paths: list[str]) -> Iterator[dict[str, Any]]:
    """`Suppression` facts of the tools' settings among the files of a submission."""
    for path in paths:
        name = os.path.basename(path)
        if name in SETTINGS_FILES:
            yield {"place": place(path, 1), "text": f"settings of a tool: {name}"}
        elif name in SHARED_FILES:
            yield from _sections(root, path)


def _sections(root: str, path: str) -> Iterator[dict[str, Any]]:
    try:
        text = read_bounded(os.path.join(root, path), MAX_SETTINGS_BYTES).decode("utf-8", "replace")
    except Refused as refused:
        yield {"place": place(path, 1), "text": f"not read: {refused}"}
        return
    for number, line in enumerate(text.split("\n"), 1):
        if SECTION.match(line):
            yield {"place": place(path, number), "text": f"settings of a tool: {cut(line.strip(), 200)}"}
