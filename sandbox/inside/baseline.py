"""One run of the candidate's own tests on their own code: which test reaches which line, and how long it takes."""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Mapping
from types import FrameType
from typing import Any

import pytest

from .kin import say

_TESTS = 2000
IMPORT = -1
"""In place of a test: the line ran before any test did."""
ALL = -2
"""In place of a test: the line ran while something was set up that several tests share."""
_STARTING = (
    "subprocess.Popen",
    "os.posix_spawn",
    "os.exec",
    "os.fork",
    "os.forkpty",
    "os.system",
    "os.spawn",
)
"""Audit events: another process begins, in which lines run that are not seen from here."""


class Baseline:
    """The pytest plugin that notes outcomes, times, and which of the `wanted` lines each test reaches."""

    def __init__(self, root: str, wanted: Mapping[str, set[int]]) -> None:
        """`wanted`: path below `root` → numbers of lines."""
        self._wanted = {os.path.join(root, path): (path, lines) for path, lines in wanted.items()}
        self._known: dict[str, tuple[str, set[int]] | None] = {}
        self._now = IMPORT
        self._hits: dict[str, dict[int, set[int]]] = {path: {} for path in wanted}
        self._starting: set[int] = set()
        self._tests: list[dict[str, Any]] = []
        self._number: dict[str, int] = {}
        self._wide = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_load_initial_conftests(self) -> None:
        """Next their conftest files are imported, later their tests and their code."""
        sys.addaudithook(self._audit)
        threading.settrace(self._called)
        sys.settrace(self._called)

    def _audit(self, event: str, _arguments: Any) -> None:
        if event in _STARTING:
            self._starting.add(self._now)

    def _called(self, frame: FrameType, _event: str, _arg: Any) -> Any:
        name = frame.f_code.co_filename
        if name not in self._known:
            self._known[name] = self._wanted.get(os.path.normpath(name))
        return None if self._known[name] is None else self._line

    def _line(self, frame: FrameType, event: str, _arg: Any) -> Any:
        if event == "line":
            found = self._known[frame.f_code.co_filename]
            if found is not None and frame.f_lineno in found[1]:
                hits = self._hits[found[0]].setdefault(frame.f_lineno, set())
                hits.add(self._now)
                if self._wide:
                    hits.add(ALL)
        return self._line

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """A test begins."""
        if nodeid not in self._number and len(self._tests) < _TESTS:
            self._number[nodeid] = len(self._tests)
            self._tests.append({"id": nodeid, "outcome": "passed", "seconds": 0.0})
        self._now = self._number.get(nodeid, ALL)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: Any) -> Any:
        """What a fixture of a class, module or session does is done once, for all who ask for it."""
        info = getattr(item, "_fixtureinfo", None)
        fixtures = [one for found in info.name2fixturedefs.values() for one in found] if info else []
        self._wide = any(fixture.scope != "function" for fixture in fixtures)
        sys.settrace(self._called)  # a test may have taken it away
        try:
            return (yield)
        finally:
            self._wide = False

    def pytest_runtest_logreport(self, report: Any) -> None:
        """The worst phase decides."""
        number = self._number.get(report.nodeid)
        if number is None:
            return
        test = self._tests[number]
        test["seconds"] = round(test["seconds"] + report.duration, 6)
        if report.failed:
            test["outcome"] = "failed" if report.when == "call" else "error"
        elif (report.skipped or hasattr(report, "wasxfail")) and test["outcome"] == "passed":
            test["outcome"] = "skipped"

    def tell(self, sock: socket.socket, code: int) -> None:
        """Send all of it."""
        sys.settrace(None)
        threading.settrace(None)
        lines = {
            path: {str(line): sorted(tests) for line, tests in hits.items()}
            for path, hits in self._hits.items()
        }
        say(sock, {"code": code, "tests": self._tests, "lines": lines, "starting": sorted(self._starting)})
