"""What a test puts into `sys.modules` in a module's place: the candidate's imports must find it there, too.

`mock.patch.dict(sys.modules, {"yaml": None})` stands for a package that is not installed, a test double or a module
made by the test for one that is not to be asked. Both sides are here: the driver looks what was replaced, the
candidate's side puts it into its own table of modules.
"""

from __future__ import annotations

import operator
import os
import sys
import types
from typing import Any

from .values import BadValue, Values
from .workplace import mentions

SIGNS = (b"sys.modules",)
"""What a suite that replaces modules has in its text."""

_OF_MODULES = frozenset({"__all__", "__doc__", "__version__", "__path__", "__getattr__"})
_ABSENT: Any = object()


class DoubledModules:
    """The driver's record of the modules that the tests replaced."""

    def __init__(self, suite: str) -> None:
        self._suite = suite
        self._wanted = mentions(suite, SIGNS)
        self._table: list[Any] = []
        self._doubles: dict[str, Any] = {}
        self._told: dict[str, tuple[Any, dict[str, Any]]] = {}
        self._untouched = dict(sys.modules)

    def outgoing(self, extras: dict[str, Any], values: Values) -> None:
        """Add what the tests put into the place of modules, or took away again, since the last message."""
        if not self._wanted:
            return
        table = [*sys.modules, *sys.modules.values()]
        if len(table) != len(self._table) or not all(map(operator.is_, table, self._table)):
            self._table = table
            self._doubles = {
                name: found for name, found in sys.modules.items() if self._is_double(name, found)
            }
        gone = [[name] for name in self._told if name not in self._doubles]
        now = {name: (found, _inside(found)) for name, found in self._doubles.items()}
        new = [
            [name, *self._encoded(name, values)] for name in now if not _same(now[name], self._told.get(name))
        ]
        self._told = now
        if gone or new:
            extras["sm"] = gone + new

    def forget(self) -> None:
        """A fresh process knows of nothing."""
        self._told = {}

    def _is_double(self, name: str, found: Any) -> bool:
        if self._untouched.get(name, _ABSENT) is found:
            return False
        if type(found) is not types.ModuleType:
            return not issubclass(type(found), types.ModuleType)
        if os.path.exists(os.path.join(self._suite, *name.split("."))):
            return False  # pytest makes modules for folders without `__init__.py`
        own = vars(found)
        of_suite = str(own.get("__file__")).startswith(self._suite + "/")
        made = (
            own.get("__spec__") is None
        )  # the import system leaves one, a test that calls `ModuleType` none
        return made or (of_suite and own.get("__name__") != name)

    def _encoded(self, name: str, values: Values) -> list[Any]:
        """The double as one value, or, of a module, its attributes: each a value, or the name of a module."""
        found = self._doubles[name]
        if type(found) is not types.ModuleType:
            return ["v", values.encode(found)]
        rows = []
        for attribute, value in _inside(found).items():
            if type(value) is types.ModuleType and self._doubles.get(vars(value)["__name__"]) is value:
                rows.append([attribute, "m", vars(value)["__name__"]])
                continue
            try:
                rows.append([attribute, "v", values.encode(value)])
            except BadValue:
                continue  # what cannot cross is missing over there
        return ["m", rows]


def _inside(found: Any) -> dict[str, Any]:
    if type(found) is not types.ModuleType:
        return {}
    return {
        name: value for name, value in vars(found).items() if name in _OF_MODULES or not name.startswith("__")
    }


def _same(now: tuple[Any, dict[str, Any]], told: tuple[Any, dict[str, Any]] | None) -> bool:
    if told is None or now[0] is not told[0] or len(now[1]) != len(told[1]):
        return False
    return all(told[1].get(name, _ABSENT) is value for name, value in now[1].items())


class ReplacedModules:
    """The candidate's side: puts doubles into its table of modules, and takes them out again."""

    def __init__(self) -> None:
        self._originals: dict[str, Any] = {}

    def incoming(self, changes: list[list[Any]], values: Values) -> None:
        """Take over what the driver says of its table."""
        made: dict[str, list[Any]] = {}
        for name, *double in changes:
            if not double:
                self._restore(name)
                continue
            self._originals.setdefault(name, sys.modules.get(name, _ABSENT))
            if double[0] == "m":
                made[name] = double[1]
                sys.modules[name] = types.ModuleType(name)
            else:
                sys.modules[name] = values.decode(double[1])
        for name, rows in made.items():
            for attribute, kind, value in rows:
                found = sys.modules[value] if kind == "m" else values.decode(value)
                setattr(sys.modules[name], attribute, found)

    def _restore(self, name: str) -> None:
        original = self._originals.pop(name, _ABSENT)
        if original is _ABSENT:
            sys.modules.pop(name, None)
        else:
            sys.modules[name] = original
