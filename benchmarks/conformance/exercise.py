"""One exercise: the code that a candidate would have handed in, and the suite that judges it.

Names of files are relative POSIX paths. The two sides never share a file by accident: data files that lie beside
code and tests are given to both on purpose, because in one process both find them there.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

Files = Mapping[str, bytes]

FILE_BYTES = 2**20
"""Larger files (pictures, models) are left out: no suite of interest needs them."""

_IGNORED = frozenset({"__pycache__", ".git", ".tox", ".venv", "node_modules", "docs"})


@dataclass(frozen=True)
class Exercise:
    """`name` is unique within its collection."""

    name: str
    candidate: Files
    suite: Files


def files_below(folder: Path) -> dict[str, bytes]:
    """Regular files below `folder` by relative path, without caches, links and files over FILE_BYTES."""
    found: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if _IGNORED.intersection(relative.parts) or path.is_symlink() or not path.is_file():
            continue
        if path.stat().st_size <= FILE_BYTES:
            found[relative.as_posix()] = path.read_bytes()
    return found


def is_test(name: str) -> bool:
    """Whether pytest would collect the file `name` by itself."""
    base = name.rsplit("/", 1)[-1]
    return base.endswith(".py") and (base.startswith("test_") or base.endswith("_test.py"))


def is_configuration(name: str) -> bool:
    """Whether `name` configures pytest: it belongs to the suite, never to the candidate."""
    return name.rsplit("/", 1)[-1] in {"conftest.py", "pytest.ini", "tox.ini", "setup.cfg", "pyproject.toml"}


def without(files: Files, unwanted: Iterable[str]) -> dict[str, bytes]:
    """`files` less the names in `unwanted`."""
    gone = frozenset(unwanted)
    return {name: content for name, content in files.items() if name not in gone}


def judges_candidate(exercise: Exercise) -> bool:
    """Whether any file of the suite imports a module of the candidate: others prove nothing here."""
    own = {name.split("/")[0].removesuffix(".py") for name in exercise.candidate if name.endswith(".py")}
    sources = {name: content for name, content in exercise.suite.items() if name.endswith(".py")}
    return any(not own.isdisjoint(_imported(name, source)) for name, source in sources.items())


def _imported(name: str, source: bytes) -> Iterator[str]:
    """Top-level names of the modules that the file imports anywhere; none when it does not parse.

    A relative import is one of the file's own top-level folder.
    """
    try:
        nodes = ast.walk(ast.parse(source))
    except (SyntaxError, ValueError):
        return
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            yield name.partition("/")[0]
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]
