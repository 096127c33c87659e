"""Packages of which the suite has one part and the submission the other: tests that lie beside the code they test.

`shop/test_cart.py` says `from .cart import Cart`, and `shop/cart.py` is the candidate's. In one process the two lie in
one folder. Here the package is the candidate's, and what the suite holds of it is found in the suite.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Iterator


class SharedPackages:
    """Which modules of such packages belong to whom."""

    def __init__(self, suite: str, candidate_files: Iterable[str]) -> None:
        self._suite = suite
        self._theirs = _modules(candidate_files)
        self.by_relative_imports = False
        """Whether a test says `from .x import y`, so that it must be imported as part of its package."""
        self.names: frozenset[str] = frozenset(self._needed())

    def folder(self, fullname: str) -> str | None:
        """Where the suite keeps its part of the package `fullname`; None where it has none."""
        path = os.path.join(self._suite, *fullname.split("."))
        return path if fullname.partition(".")[0] in self.names and os.path.isdir(path) else None

    def is_of_suite(self, fullname: str) -> bool:
        """Whether the module `fullname` of a shared package is the suite's."""
        if fullname.partition(".")[0] not in self.names:
            return False
        return self._holds(fullname) or (fullname not in self._theirs and self.folder(fullname) is not None)

    def _holds(self, fullname: str) -> bool:
        path = os.path.join(self._suite, *fullname.split("."))
        return os.path.isfile(f"{path}.py") or _has_code(os.path.join(path, "__init__.py"))

    def _needed(self) -> Iterator[str]:
        for path in sorted(_python_files(self._suite)):
            package = os.path.relpath(os.path.dirname(path), self._suite).split(os.sep)
            for module, names, level in _imports(path):
                base = package[: len(package) - level + 1] if level else []
                if level and (package == ["."] or not base):
                    continue
                parts = [*base, *module]
                if self._is_asked_of_candidate(parts, names):
                    self.by_relative_imports |= bool(level)
                    yield parts[0]

    def _is_asked_of_candidate(self, parts: list[str], names: list[str]) -> bool:
        if not parts or not os.path.isdir(os.path.join(self._suite, parts[0])):
            return False
        module = ".".join(parts)
        if self._holds(module) or module not in self._theirs:
            return False
        return not names or any(not self._holds(f"{module}.{name}") for name in names)


def _modules(files: Iterable[str]) -> frozenset[str]:
    """Dotted names of the modules in `files`, and of the folders that they lie in."""
    found: set[str] = set()
    for path in files:
        if path.endswith(".py"):
            parts = path.removesuffix(".py").split("/")
            found.update(".".join(parts[:end]) for end in range(1, len(parts) + 1))
    return frozenset(found)


def _has_code(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return bool(ast.parse(file.read()).body)
    except (OSError, SyntaxError, ValueError):
        return False


def _imports(path: str) -> Iterator[tuple[list[str], list[str], int]]:
    """Each import of a file: the module's parts, the names taken from it, how many folders up it starts."""
    with open(path, "rb") as file:
        source = file.read()
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return  # pytest reports it when it collects the file
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name.split("."), [], 0) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names = [alias.name for alias in node.names]
            yield (node.module.split(".") if node.module else [], names, node.level)


def _python_files(folder: str) -> Iterator[str]:
    for at, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__"]
        yield from (os.path.join(at, name) for name in names if name.endswith(".py"))
