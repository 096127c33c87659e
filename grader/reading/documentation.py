"""Does what is written beside the code say something: docstrings, annotations, the README?"""

from __future__ import annotations

import ast
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from .identifiers import words
from .source import Refused, read_bounded
from .tree import Function

MAX_README_BYTES = 128 * 1024
MAX_DOCSTRING = 4_000

NOISE: Final = frozenset(
    "a an the of to for and or is are was be been with from by in on at as it its this that these those which will "
    "function method class module file value values return returns returned given param parameter parameters params "
    "args arguments argument arg none type rtype object instance self todo docstring description summary here does do "
    "used use uses using if when into one some any all code main simple helper int str list dict bool float".split()
)
"""Words that say nothing about a particular function."""

_WORD = re.compile(r"[a-zA-Z][a-zA-Z]+|\d+")
_RUNS = re.compile(
    r"^\s*(\$|>>?>?|%)\s*\S|^( {4}|\t)\S|```|(?<!\w)(python3?|pip3?|uv|poetry|pipenv|make|docker|tox|nox|hatch|pdm|"
    r"just|pytest|uvicorn|gunicorn|flask|fastapi|django-admin|node|npm|bash|sh|conda) [-\w./]+|`[^`\n]*`",
    re.MULTILINE,
)
_WHY = re.compile(
    r"\b(why|because|since|so that|instead|rather than|trade-?offs?|decid\w*|decisions?|chose|choice|choose|assum\w*|"
    r"limit\w*|design|reason\w*|approach|complexity|therefore|not (supported|handled|covered)|out of scope|"
    r"improve\w*|would|considered|on purpose|deliberate\w*|not yet|next steps|know?n issues|notes?)\b",
    re.IGNORECASE,
)


def echoes(function: Function) -> bool:
    """There is a docstring, and no word in it that is not in the signature already or fits every function."""
    text = ast.get_docstring(function.node, clean=False)
    if text is None:
        return False
    known = {_stem(word) for word in _signature_words(function)}
    said = {_stem(word.lower()) for word in _WORD.findall(text[:MAX_DOCSTRING])}
    return said <= known | _NOISE_STEMS and not _shows_an_example(text)


def _shows_an_example(text: str) -> bool:
    return ">>>" in text or "::" in text


def _signature_words(function: Function) -> Iterator[str]:
    names = [function.simple_name, *(parameter.arg for parameter in function.parameters())]
    if function.owner is not None:
        names.append(function.owner.name)
    for name in names:
        yield from words(name)


def _stem(word: str) -> str:
    """Good enough to see that "returns", "returning" and "returned" are one word."""
    for ending in ("ing", "ied", "ies", "ed", "es", "s", "e", "y"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


_NOISE_STEMS: Final = frozenset(map(_stem, NOISE))


def says_a_type(annotation: ast.expr | None) -> bool:
    """Whether an annotation says more than that there is a value."""
    if annotation is None:
        return False
    name = getattr(annotation, "attr", getattr(annotation, "id", ""))
    return name not in {"Any", "object"}


def readme(root: str, paths: Sequence[str], starter: Mapping[str, str]) -> Counter[str]:
    """Figures of the README nearest to the top: its words, whether it shows commands, whether it gives a reason.

    One that was given out, or that nobody can read, has none.
    """
    figures = Counter(readme_words=0, readme_shows_commands=0, readme_gives_reasons=0)
    found = sorted(filter(is_readme, paths), key=lambda path: (path.count("/"), path))
    if not found:
        return figures
    try:
        text = read_bounded(os.path.join(root, found[0]), MAX_README_BYTES).decode("utf-8", "replace")
    except Refused:
        return figures
    if text == starter.get(found[0]):
        return figures
    figures["readme_words"] = len(_WORD.findall(text))
    figures["readme_shows_commands"] = int(bool(_RUNS.search(text)))
    figures["readme_gives_reasons"] = int(bool(_WHY.search(text)))
    return figures


def is_readme(path: str) -> bool:
    return os.path.basename(path).lower().startswith("readme")
