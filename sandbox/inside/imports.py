"""How the hidden suite comes by the candidate's modules: which names are theirs, and the stand-ins for them."""

from __future__ import annotations

import ast
import importlib.abc
import importlib.machinery
import importlib.util
import os
import re
import sys
from collections.abc import Callable, Iterable
from typing import Any

from . import mirror
from .objects import Objects
from .shared_packages import SharedPackages

_DOTTED = re.compile(r"[A-Za-z_]\w*(\.\w+)+")
_IMPORTERS = frozenset({"import_module", "__import__", "importorskip"})


def imported_names(folder: str) -> set[str]:
    """Top-level names that the Python files below `folder` import absolutely."""
    found: set[str] = set()
    for node in _nodes(folder):
        if isinstance(node, ast.Import):
            found.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def mentioned_names(folder: str) -> set[str]:
    """Top-level names in dotted texts (`mock.patch("log.logger.info")`) and in texts given to `import_module`."""
    found: set[str] = set()
    for node in _nodes(folder):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _DOTTED.fullmatch(node.value):
            found.add(node.value.partition(".")[0])
        elif (
            isinstance(node, ast.Call)
            and getattr(node.func, "attr", getattr(node.func, "id", "")) in _IMPORTERS
        ):
            texts = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
            found.update(text for text in texts if isinstance(text, str))
    return found


def _nodes(folder: str) -> Iterable[ast.AST]:
    for path in _python_files(folder):
        with open(path, "rb") as file:
            source = file.read()
        try:
            yield from ast.walk(ast.parse(source))
        except (SyntaxError, ValueError):
            continue  # pytest reports it when it collects the file


def _python_files(folder: str) -> Iterable[str]:
    for at, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__"]
        yield from (os.path.join(at, name) for name in names if name.endswith(".py"))


def held_names(folder: str) -> set[str]:
    """Top-level modules and packages that the suite brings itself."""
    found: set[str] = set()
    for at, folders, names in os.walk(folder):
        found.update(name[:-3] for name in names if name.endswith(".py"))
        if at == folder:
            found.update(name for name in folders if os.path.exists(os.path.join(at, name, "__init__.py")))
    return found


def candidate_names(folder: str, candidate_files: Iterable[str]) -> set[str]:
    """Which of the imported names come from the candidate.

    A name that the suite holds is the suite's. Of the others, those that the submission has are the candidate's
    unless they are the standard library's; so are those that nobody has, for which the import fails over there.
    """
    theirs = {path.partition("/")[0].removesuffix(".py") for path in candidate_files if path.endswith(".py")}
    found = set()
    for name in (imported_names(folder) | (mentioned_names(folder) & theirs)) - held_names(folder):
        if name in theirs:
            if name not in sys.stdlib_module_names or name not in sys.modules:
                found.add(name)
        elif name not in sys.stdlib_module_names and not _installed(name):
            found.add(name)
    return found


def _installed(name: str) -> bool:
    if name in sys.modules:
        return True
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


class CandidateFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the candidate's modules on the other side of the bridge."""

    def __init__(
        self, names: set[str], objects: Objects, alive: Callable[[], None], shared: SharedPackages
    ) -> None:
        self._names = names | shared.names
        self._shared = shared
        self._objects = objects
        self._alive = alive
        self._loaded: set[str] = set()

    def find_spec(
        self, fullname: str, _path: Any = None, _target: Any = None
    ) -> importlib.machinery.ModuleSpec | None:
        """A spec for a name of the candidate's, None for others."""
        if fullname.partition(".")[0] not in self._names or self._shared.is_of_suite(fullname):
            return None
        return importlib.machinery.ModuleSpec(fullname, self, origin="candidate")

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> mirror.RemoteModule:
        """Import the module over there.

        Raises:
            whatever the import raises.
        """
        self._alive()
        request = self._objects.peer.request
        number, package, doc = request("import", spec.name, spec.name in self._loaded)
        self._loaded.add(spec.name)
        module = mirror.RemoteModule(spec.name, doc if isinstance(doc, str) else None)
        if package:
            folder = self._shared.folder(spec.name)
            spec.submodule_search_locations = [] if folder is None else [folder]
        self._objects.adopt_module(module, number)
        names = request("names", module)
        vars_of(module)["__all__"] = [name for name in names if isinstance(name, str)]
        return module

    def exec_module(self, module: Any) -> None:
        """Nothing on the first import (it ran over there); a reload on `importlib.reload`."""
        own = vars_of(module)
        if own.get("_bridge_executed"):
            module._bridge_cache.clear()
            self._objects.peer.request("reload", module.__name__)
        own["_bridge_executed"] = True


def vars_of(module: mirror.RemoteModule) -> dict[str, Any]:
    """The stand-in's own dictionary."""
    own: dict[str, Any] = object.__getattribute__(module, "__dict__")
    return own


class TemporaryImports:
    """Refuses to import what lies in the temporary folder: the candidate's side can write files there."""

    def __init__(self, root: str) -> None:
        self._root = root

    def __call__(self, path: str) -> Any:
        """A path hook that objects to the folder and otherwise steps aside."""
        if os.path.realpath(path).startswith(self._root):
            return _Refusing(path)
        raise ImportError


class _Refusing:
    def __init__(self, path: str) -> None:
        self._path = path

    def find_spec(self, fullname: str, _target: Any = None) -> None:
        """Never finds anything, aloud where a file is there."""
        for name in (f"{fullname}.py", fullname):
            if os.path.exists(os.path.join(self._path, name.rpartition(".")[2] if "." in fullname else name)):
                raise ImportError(
                    f"{fullname} lies in the temporary folder, which the candidate's code can write to; "
                    "the grading container imports nothing from there"
                )
