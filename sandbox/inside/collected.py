"""A session of the candidate's tests that was collected once and runs some of them whenever it is asked, in a fork."""

from __future__ import annotations

import gc
import json
import random
import socket
from typing import Any

import pytest

from .kin import TIMEOUT, Kin, say
from .swapping import CannotSwap, Functions

RELOAD = "reload"
"""The change needs the file to be imported again."""


class Failures:
    """The pytest plugin that notes which tests failed, in which order."""

    def __init__(self) -> None:
        self.ids: list[str] = []

    def pytest_runtest_logreport(self, report: Any) -> None:
        """A test that fails in any phase."""
        if report.failed and report.nodeid not in self.ids:
            self.ids.append(report.nodeid)

    def pytest_collectreport(self, report: Any) -> None:
        """A file that cannot be collected fails as a whole."""
        if report.failed:
            self.ids.append(report.nodeid)


class Collected:
    """The pytest plugin that serves requests where pytest would run the tests."""

    def __init__(self, sock: socket.socket, root: str, failures: Failures) -> None:
        self._sock = sock
        self._root = root
        self._failures = failures
        self._items: dict[str, Any] = {}
        self._functions: Functions

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: Any) -> bool:
        """Until the other side closes its end."""
        self._items = {item.nodeid: item for item in session.items}
        self._functions = Functions(self._root)
        gc.collect()
        gc.freeze()  # it stays as it is in every fork
        say(self._sock, {"ready": True})
        with self._sock.makefile("rb") as requests:
            for line in requests:
                say(self._sock, self._answer(json.loads(line)))
        return True

    def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        if "path" in request:
            self._functions.prepare(f"{self._root}/{request['path']}")
        kin = Kin(lambda sock: self._work(sock, request), closing=self._sock)
        found = kin.answer(request["wall"], request["cpu"])
        if found == TIMEOUT:
            found = {"verdict": TIMEOUT}
        elif not isinstance(found, dict):
            found = {"verdict": "killed"}  # it took the process with it
        return {**found, "waited": kin.waited}

    def _work(self, sock: socket.socket, request: dict[str, Any]) -> None:
        """In the fork: one change or one order of the tests."""
        if "order" in request:
            ids = [name for name in request["tests"] if name in self._items]
            shuffled = sorted(ids) if request["order"] == "shuffled" else ids[::-1]
            if request["order"] == "shuffled":
                random.Random(request["seed"]).shuffle(shuffled)  # noqa: S311 -- an order
            self._run(shuffled, stop=False)
            say(sock, {"failed": self._failures.ids})
            return
        try:
            self._functions.swap(f"{self._root}/{request['path']}", request["text"])
        except CannotSwap:
            say(sock, {"verdict": RELOAD})
            return
        self._run([name for name in request["tests"] if name in self._items], stop=True)
        killers = self._failures.ids
        say(sock, {"verdict": "killed", "by": killers[0]} if killers else {"verdict": "survived"})

    def _run(self, ids: list[str], *, stop: bool) -> None:
        items = [self._items[name] for name in ids]
        for item, following in zip(items, [*items[1:], None], strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if stop and self._failures.ids:
                return


class Only:
    """The pytest plugin that runs some tests of a fresh session, in a given order."""

    def __init__(self, ids: list[str]) -> None:
        self._ids = ids

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        """Leave the others out."""
        known = {item.nodeid: item for item in items}
        items[:] = [known[name] for name in self._ids if name in known]
