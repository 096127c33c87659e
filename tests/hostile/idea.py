"""What a hostile idea is, and the honest submissions that the ideas are laid over.

An idea is graded next to its base: the same work without the trick. The trick may cost points, never bring any.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

RUBRICS: Final = Path(__file__).parents[2] / "rubrics"

ALREADY_SEEN: Final = "ALREADY-SEEN-"
"""Ideas put this before whatever they got hold of, so that it can be found where it must not be."""


@dataclass(frozen=True)
class Idea:
    """One way to cheat or to destroy."""

    name: str
    tries: str
    files: Mapping[str, bytes]
    """Laid over the base."""
    base: str = "wrong"
    """Name of one of BASES."""
    finds_nothing: bool = False
    """ALREADY_SEEN would mean that it got out of its box."""
    seconds: float = 90.0
    """Wall time within which the grading must be over."""
    outcomes: frozenset[str] = field(default=frozenset({"graded", "ungradable"}))
    """Never infrastructure_failed: then hostile code would be tried again and again."""

    @property
    def submission(self) -> dict[str, bytes]:
        """The files to be graded."""
        return {**BASES[self.base], **self.files}


def source(text: str) -> bytes:
    """Python source written with the indentation of the place where it stands."""
    return textwrap.dedent(text).lstrip("\n").encode()


def solution(body: str = "return {}", *, top: str = "", bottom: str = "") -> bytes:
    """A `flatten.py` whose functions do `body`, with more code above and below."""
    inner = textwrap.indent(textwrap.dedent(body).strip(), "    ")
    parts = [
        '"""Flatten nested dictionaries to one level, and back."""\n',
        textwrap.dedent(top),
        "from typing import Any\n\n",
        'class KeyCollisionError(ValueError):\n    """Two values want the same place."""\n\n',
        'def flatten(data: dict[str, Any], separator: str = ".") -> dict[str, Any]:',
        f'    """Return `data` as a dict of one level."""\n{inner}\n\n',
        'def unflatten(flat: dict[str, Any], separator: str = ".") -> dict[str, Any]:',
        f'    """Return the nested data that `flat` was made from."""\n{inner}\n',
        textwrap.dedent(bottom),
    ]
    return "\n".join(parts).encode()


def at_import(code: str) -> dict[str, bytes]:
    """The wrong solution, which runs `code` when it is imported."""
    return {"flatten.py": solution(bottom=code)}


def in_call(code: str, top: str = "") -> dict[str, bytes]:
    """A solution whose functions run `code`."""
    return {"flatten.py": solution(code, top=top)}


_RIGHT: Final = (RUBRICS / "flatten" / "reference" / "flatten.py").read_bytes()
_HOLLOW: Final = source(
    """
    from flatten import flatten, unflatten


    def test_flatten() -> None:
        flatten({"a": {"b": 1}})


    def test_unflatten() -> None:
        unflatten({"a.b": 1})
    """
)
_MESS: Final = source(
    """


    import os, sys, json
    from collections import *
    def Mess(l, O = [], I = {}):
        for i in range(len(l)):
            if l[i] == None:
                try: O.append(l[i])
                except: pass
            elif type(l[i]) == type(1): I[i] = lambda: i
        return not O == I
    """
)

BASES: Final[dict[str, Mapping[str, bytes]]] = {
    "wrong": {"flatten.py": solution()},
    # Rubrics give points for tests and tidiness only to what works: tricks there are tried on what works.
    "hollow tests": {"flatten.py": _RIGHT, "test_flatten.py": _HOLLOW},
    "messy": {"flatten.py": _RIGHT + _MESS},
}
