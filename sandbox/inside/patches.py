"""What a test replaces in the standard library must be replaced where the candidate's code runs, too.

A fixed list of usual places is compared before each call; places that `mock.patch` or `monkeypatch` touch are added
to it as they are touched.
"""

from __future__ import annotations

import builtins
import importlib
import os
import random
import sys
import time
import types
import urllib  # noqa: F401 -- to be watched even where no test imports it
from collections.abc import Callable
from typing import Any
from unittest import mock

from . import named
from .values import BadValue, Values

_USUAL: tuple[tuple[types.ModuleType, str], ...] = (
    *((builtins, name) for name in ("open", "input", "print")),
    *((time, name) for name in ("sleep", "time", "monotonic", "perf_counter")),
    *(
        (random, name)
        for name in ("random", "randint", "choice", "uniform", "shuffle", "sample", "randrange")
    ),
    *((os, name) for name in ("getenv", "listdir", "getcwd", "remove", "system")),
    (sys, "argv"),
)
_NEVER = frozenset({"stdout", "stderr", "stdin", "modules", "path", "meta_path"})
_INHERITED = object()
"""Stands for what an object has of its class only."""
_OWN_ENVIRONMENT = ("PYTEST_", "COV_", "COLUMNS")


_RUNNING = os.fsencode("PYTEST_CURRENT_TEST")
"""Set by pytest three times for each test, and nothing to the candidate's side."""


def _raw_environment() -> dict[Any, Any]:
    """What is behind `os.environ`: comparing it decodes nothing, and it is compared before every message."""
    environment: Any = os.environ
    found: dict[Any, Any] = dict(getattr(environment, "_data", environment))
    found.pop(_RUNNING, None)
    return found


class Patches:
    """The driver's record of what stands where originally, and what the candidate's side was told."""

    def __init__(self) -> None:
        self._places: dict[tuple[str, str], tuple[Any, Any]] = {}
        self._told: dict[tuple[str, str], Any] = {}
        for module, name in _USUAL:
            self._places[module.__name__, name] = (vars(module), vars(module)[name])
        self._seed: list[Any] = []
        self._environment = dict(os.environ)
        self._told_environment: dict[str, str] = dict(self._environment)
        self._raw_environment = _raw_environment()

    def watch(self, target: Any, name: str) -> None:
        """A test is about to replace `name` of `target`."""
        if isinstance(target, types.ModuleType):
            module, path = target.__name__, target.__name__
        elif isinstance(target, type):
            module, path = target.__module__, f"{target.__module__}:{target.__qualname__}"
        elif target is os.environ:
            module, path = "os", "os:environ"
        else:
            return
        root = module.partition(".")[0]
        if (
            root not in sys.stdlib_module_names
            or root in ("unittest", "doctest")
            or (root == "sys" and name in _NEVER)
        ):
            return
        if name in vars(target) or hasattr(target, name):
            self._places.setdefault((path, name), (vars(target), vars(target).get(name, _INHERITED)))

    def outgoing(self, extras: dict[str, Any], values: Values) -> None:
        """Add what changed since the last message."""
        changed = []
        for key, (holder, original) in self._places.items():
            now = holder.get(key[1], original)
            if now is self._told.get(key, original):
                continue
            if now is original:
                del self._told[key]
                changed.append([*key])
            else:
                self._told[key] = now
                try:
                    changed.append([*key, values.encode(now)])
                except BadValue:
                    continue  # a replacement that cannot cross has no effect over there
        if changed:
            extras["w"] = changed
        if self._seed:
            extras["rs"], self._seed = self._seed, []
        raw = _raw_environment()
        if raw != self._raw_environment:
            self._outgoing_environment(extras)
            self._raw_environment = raw

    def _outgoing_environment(self, extras: dict[str, Any]) -> None:
        now = {name: value for name, value in os.environ.items() if not name.startswith(_OWN_ENVIRONMENT)}
        told = self._told_environment
        changed: dict[str, str | None] = {
            name: value for name, value in now.items() if told.get(name) != value
        }
        changed.update({name: None for name in told if name not in os.environ})
        if changed:
            extras["e"] = changed
        self._told_environment = dict(os.environ)

    def forget(self) -> None:
        """A fresh process knows of nothing."""
        self._told.clear()
        self._told_environment = dict(self._environment)
        self._raw_environment = {}

    def watch_modules(self) -> None:
        """Learn of every attribute of a shared module that a test assigns."""
        patches = self

        class Watched(types.ModuleType):
            def __setattr__(self, name: str, value: Any) -> None:
                patches.watch(self, name)
                super().__setattr__(name, value)

            def __getattr__(self, name: str) -> Any:
                """A submodule that the candidate's code has imported and the test has not."""
                if f"{self.__name__}.{name}" in named.SHARED_MODULES:
                    return importlib.import_module(f"{self.__name__}.{name}")
                raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")

        for name in named.SHARED_MODULES - {"sys", "warnings", "threading", "logging", "traceback"}:
            module = sys.modules.get(name)
            if type(module) is types.ModuleType:
                module.__class__ = Watched

    def install(self) -> None:
        """Learn of every place that `mock.patch` and `monkeypatch` touch."""
        self._note_seed()
        self.watch_modules()
        import pytest

        patch_type: Any = mock._patch
        _before(patch_type, "__enter__", lambda patch: self.watch(patch.getter(), patch.attribute))
        _before(pytest.MonkeyPatch, "setattr", self._monkey)

    def _note_seed(self) -> None:
        """A test that seeds `random` expects the candidate's code to draw from that sequence."""
        original = random.seed

        def seed(a: Any = None, version: int = 2) -> None:
            original(a, version)
            if a is None or type(a) in (int, float, str):
                self._seed = [a, version]

        random.seed = seed

    def _monkey(self, _: Any, target: Any, name: Any, *__: Any, **___: Any) -> None:
        if isinstance(target, str):
            module, _dot, attribute = target.rpartition(".")
            found = sys.modules.get(module)
            if found is not None:
                self.watch(found, attribute)
        elif isinstance(name, str):
            self.watch(target, name)


def _before(owner: Any, name: str, note: Callable[..., None]) -> None:
    original = getattr(owner, name)

    def wrapped(self: Any, *args: Any, **kwargs: Any) -> Any:
        note(self, *args, **kwargs)
        return original(self, *args, **kwargs)

    setattr(owner, name, wrapped)
