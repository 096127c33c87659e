"""Tries the candidate's own tests on changes of their own code, and in other orders. What comes out is a claim.

One run on the code as it is tells which tests reach which lines. Then workers, each in a copy of the submission of its
own, take one change after the other: a session that is collected once gives its functions other code in a fork
(`collected`); where that is not enough, since the change is in what runs at import or the tests start programs, the
file is changed on disk and a fresh session runs. Nothing in here is told which changes are controls.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from functools import partial
from importlib.util import decode_source
from typing import Any

from . import sessions
from .baseline import ALL, IMPORT, Baseline
from .child import CROWDED, waited_by
from .collected import RELOAD, Collected, Failures, Only
from .kin import TIMEOUT, Clock, Kin, say

_ENOUGH_WALL = 3.0
_ENOUGH_CPU = 0.5
_WALL_TIMES, _CPU_TIMES = 10.0, 5.0
"""How many times what the tests took on the unchanged code they may take, above the seconds before."""
_WORKERS = 4
_HEAR_SECONDS = 0.5
_OVER = 1.0
"""Seconds for which a run may go on when the time is over, so that it ends by itself."""
ORDERS = ("reversed", "shuffled")
_FAILED = 50
"""Tests that are named as failing in one order."""


class Probe:
    """What the tests are tried on, and what is known of them. Made before the fork in which it is used."""

    def __init__(self, root: str, session: sessions.Prepared) -> None:
        """`root` is where the submission will lie."""
        self._root = root
        self._session = session
        self._select: list[str] = []
        self._clock = Clock(0.0)
        self._changes: list[dict[str, Any]] = []
        self._heeded: frozenset[str] | None = None
        self._given: frozenset[str] = frozenset()
        self._tests: list[dict[str, Any]] = []
        self._lines: dict[str, dict[str, list[int]]] = {}
        self._starting: set[int] = set()
        self._whole = 0.0
        """Seconds of CPU or wall, whichever is more, that the whole session took."""

    def run(self, sock: socket.socket, request: dict[str, Any]) -> None:
        """Do all of it and send one JSON object."""
        gc.set_threshold(50_000, 20, 20)
        self._select, self._changes = request["select"], request["changes"]
        self._heeded = None if request["heeded"] is None else frozenset(request["heeded"])
        self._given = frozenset(request["given"])
        self._clock = Clock(float(request["seconds"]))
        problem = self._learn()
        answer: dict[str, Any] = {"tests": self._tests, "mutants": [], "orders": [], "problem": problem}
        if problem is None:
            self._share(answer, int(request["processes"]), str(request["seed"]))
        sock.sendall(json.dumps(answer).encode())

    # -- the code as it is ------------------------------------------------------------------------

    def _learn(self) -> str | None:
        """Run the tests once on the code as it is; why there is nothing to be tried, if so."""
        wanted: dict[str, set[int]] = {}
        for change in self._changes:
            lines = range(change["first_line"], change["last_line"] + 1)
            wanted.setdefault(change["path"], set()).update(lines)
        begin = time.monotonic()
        kin = Kin(lambda sock: self._as_it_is(sock, wanted))
        found = kin.answer(self._clock.left, self._clock.left)
        self._clock.waited += kin.waited
        self._whole = time.monotonic() - begin - kin.waited
        if not isinstance(found, dict):
            return "the tests did not come to their end on the unchanged code"
        self._tests, self._lines = found["tests"], found["lines"]
        self._starting = set(found["starting"])
        if not any(test["outcome"] == "passed" for test in self._tests):
            return "no test passes on the unchanged code"
        return None

    def _as_it_is(self, sock: socket.socket, wanted: dict[str, set[int]]) -> None:
        plugin = Baseline(self._root, wanted)
        code = self._run_session(self._root, self._select, [plugin])
        plugin.tell(sock, code)

    def _run_session(self, root: str, select: list[str], plugins: list[Any], *more: str) -> int:
        os.chdir(root)
        sys.path.insert(0, root)
        sys.argv = ["pytest"]
        temporary = f"{root}.basetemp"
        paths = [f"./{path}" for path in select]
        quick = ("--tb=no", "--assert=plain")  # what a failure looks like is nothing that anybody will see
        arguments = ["--rootdir", root, "--basetemp", temporary, *quick, *more, *paths]
        return self._session.run(arguments, plugins)

    def tests_for(self, change: dict[str, Any]) -> tuple[list[dict[str, Any]], bool]:
        """The tests that pass and may notice a change, quickest first; whether a fresh session is needed for it."""
        lines = self._lines.get(change["path"], {})
        numbers: set[int] = set()
        for line in range(change["first_line"], change["last_line"] + 1):
            numbers.update(lines.get(str(line), ()))
        fresh = IMPORT in numbers or IMPORT in self._starting or bool(numbers & self._starting)
        if self._starting - {IMPORT, ALL}:
            fresh, numbers = True, numbers | self._starting  # what another process runs is not seen
        if numbers & {IMPORT, ALL}:
            numbers |= set(range(len(self._tests)))
        reaching = [test for number, test in enumerate(self._tests) if number in numbers]
        passing = [test for test in reaching if test["outcome"] == "passed" and self._asks(test["id"])]
        return sorted(passing, key=lambda test: test["seconds"]), fresh

    def _asks(self, test: str) -> bool:
        return self._heeded is None or test in self._heeded or test in self._given

    def is_given(self, test: dict[str, Any]) -> bool:
        """Whether it was given out: asked last, so that it notices only what no other test does."""
        return test["id"] in self._given

    # -- sharing the work -------------------------------------------------------------------------

    def _share(self, answer: dict[str, Any], processes: int, seed: str) -> None:
        count = max(1, min(processes, _WORKERS))
        left = max(0.0, self._clock.left)
        workers = []
        for number in range(count):
            jobs = self._changes[number::count]
            orders = [order for place, order in enumerate(ORDERS) if place % count == number]
            work = partial(self._work, number=number, jobs=jobs, orders=orders, seed=seed, seconds=left)
            workers.append(Kin(work))
        said = dict.fromkeys(workers, b"")
        until = time.monotonic() + left * CROWDED
        while any(not worker.ended for worker in workers) and time.monotonic() < until:
            for worker in workers:
                if not worker.ended:
                    said[worker] += worker.hear(0.05 / count)
        for worker in workers:
            worker.end()
            for row in _rows(said[worker]):
                answer["orders" if "order" in row else "mutants"].append(row)

    def _work(
        self,
        sock: socket.socket,
        *,
        number: int,
        jobs: list[dict[str, Any]],
        orders: list[str],
        seed: str,
        seconds: float,
    ) -> None:
        folder = f"{self._root}-{number}"
        shutil.copytree(self._root, folder, symlinks=True)
        clock = Clock(seconds)
        worker = Worker(self, folder, clock)
        for order in orders:
            for row in worker.order(order, seed, self._passing()):
                say(sock, row)
        for change in jobs:
            if clock.left <= 0:
                return
            begin = time.monotonic()
            tried = worker.tried(change)
            if tried is not None:
                say(sock, {"id": change["id"], **tried, "seconds": round(time.monotonic() - begin, 4)})

    def _passing(self) -> list[str]:
        return [test["id"] for test in self._tests if test["outcome"] == "passed"]

    def patience(self, tests: list[dict[str, Any]], *, fresh: bool) -> tuple[float, float]:
        """Seconds of wall time and of CPU time that `tests` may take on changed code."""
        usual = sum(test["seconds"] for test in tests) + (self._whole if fresh else 0.0)
        return _ENOUGH_WALL + _WALL_TIMES * usual, _ENOUGH_CPU + _CPU_TIMES * usual

    def collect(self, folder: str, sock: socket.socket) -> None:
        """In a fork: collect the tests in `folder` and serve."""
        failures = Failures()
        self._run_session(folder, self._select, [failures, Collected(sock, folder, failures)])

    def afresh(self, folder: str, ids: list[str], sock: socket.socket) -> None:
        """In a fork: run these tests in `folder`, up to the first that fails, and say which."""
        failures = Failures()
        files = sorted({name.partition("::")[0] for name in ids})
        code = self._run_session(folder, files, [failures, Only(ids)], "-x")
        failed = bool(failures.ids) or code not in (0, 5)
        by = failures.ids[0] if failures.ids else ""
        say(sock, {"verdict": "killed", "by": by} if failed else {"verdict": "survived"})


class Worker:
    """Takes one change after the other in a copy of the submission."""

    def __init__(self, probe: Probe, folder: str, clock: Clock) -> None:
        self._probe = probe
        self._folder = folder
        self._clock = clock
        self._kin: Kin | None = None
        self._lines: Iterator[Any] = iter(())
        self._gave_up = False
        self._killers: dict[str, int] = {}

    def order(self, order: str, seed: str, tests: list[str]) -> list[dict[str, Any]]:
        """A row for each of the tests that fails in another order, and one without a test: it was tried.

        What fails is tried in that order once more: a test that fails by chance does not hang on it.
        """
        failed = self._failing(order, seed, tests)
        if failed:
            again = self._failing(order, seed, tests)
            failed = None if again is None else [name for name in failed if name in again]
        if failed is None:
            return []
        return [{"order": order, "test": name} for name in ("", *failed[:_FAILED])]

    def _failing(self, order: str, seed: str, tests: list[str]) -> list[str] | None:
        """Tests that fail in the order; None when there was no time to tell."""
        left = max(0.0, self._clock.left) / 2
        found = self._asked({"order": order, "seed": seed, "tests": tests, "wall": left, "cpu": left})
        if found is None or not isinstance(found.get("failed"), list):
            return None
        return [str(name) for name in found["failed"]]

    def tried(self, change: dict[str, Any]) -> dict[str, Any] | None:
        """What the tests say to the change; None when there was no time to tell."""
        tests, fresh = self._probe.tests_for(change)
        if not tests:
            return {"verdict": "not_reached"}
        # those that notice much come first
        tests.sort(key=lambda test: (self._probe.is_given(test), -self._killers.get(test["id"], 0)))
        with open(f"{self._folder}/{change['path']}", "rb") as file:
            original = file.read()
        text = changed(original, change)
        found = None
        if not fresh:
            found = self._swapped(change, text, tests)
        if found is None or found.get("verdict") == RELOAD:
            found = self._on_disk(change["path"], original, text, tests)
        verdict, by = found.get("verdict"), str(found.get("by", ""))
        if verdict == TIMEOUT and self._clock.left <= 0:
            return None
        if by:
            self._killers[by] = self._killers.get(by, 0) + 1
        return {"verdict": verdict, "by": by}

    def _swapped(
        self, change: dict[str, Any], text: str, tests: list[dict[str, Any]]
    ) -> dict[str, Any] | None:
        wall, cpu = self._probe.patience(tests, fresh=False)
        ids = [test["id"] for test in tests]
        request = {"path": change["path"], "text": text, "tests": ids, "wall": self._left(wall), "cpu": cpu}
        return self._asked(request)

    def _left(self, wall: float) -> float:
        return max(0.0, min(wall, self._clock.left + _OVER))

    def _asked(self, request: dict[str, Any]) -> dict[str, Any] | None:
        """Ask the collected session; None where there is none."""
        if self._kin is None and not self._gave_up:
            self._kin = Kin(lambda sock: self._probe.collect(self._folder, sock))
            self._lines = iter(_lines_of(self._kin, self._clock))
            if next(self._lines, None) != {"ready": True}:
                self._give_up()
        if self._kin is None:
            return None
        try:
            say(self._kin.sock, request)
        except OSError:
            self._give_up()
            return None
        found = next(self._lines, None)
        if not isinstance(found, dict):
            self._give_up()
            return None
        waited = found.get("waited")
        self._clock.waited += waited if isinstance(waited, float) else 0.0
        return found

    def _give_up(self) -> None:
        """The session has ended, or does not speak: from now on each change has one of its own."""
        self._gave_up = True
        if self._kin is not None:
            self._kin.end()
            self._kin = None

    def _on_disk(self, path: str, original: bytes, text: str, tests: list[dict[str, Any]]) -> dict[str, Any]:
        ids = [test["id"] for test in tests]
        wall, cpu = self._probe.patience(tests, fresh=True)
        full = f"{self._folder}/{path}"
        _overwrite(full, text.encode())
        try:
            kin = Kin(lambda sock: self._probe.afresh(self._folder, ids, sock))
            found = kin.answer(self._left(wall), cpu)
            self._clock.waited += kin.waited
        finally:
            _overwrite(full, original)
        if found == TIMEOUT:
            return {"verdict": TIMEOUT}
        return found if isinstance(found, dict) else {"verdict": "killed"}


def changed(original: bytes, change: dict[str, Any]) -> str:
    """The text of a file with a part of it replaced; lines and columns as in a syntax tree."""
    lines = decode_source(original).encode().split(b"\n")
    head = [*lines[: change["line"] - 1], lines[change["line"] - 1][: change["column"]]]
    tail = [lines[change["end_line"] - 1][change["end_column"] :], *lines[change["end_line"] :]]
    text: bytes = b"\n".join(head) + change["text"].encode() + b"\n".join(tail)
    return text.decode()


def _overwrite(path: str, content: bytes) -> None:
    """Write a file that the tests may have replaced by whatever."""
    if os.path.lexists(path):
        os.unlink(path)
    with open(path, "xb") as file:
        file.write(content)


def _lines_of(kin: Kin, clock: Clock) -> Iterator[Any]:
    """What a process says line by line, as long as there is time; the time that it had no processor is given back."""
    rest, waited = b"", 0.0
    while not kin.ended and clock.left > -_OVER:
        rest += kin.hear(_HEAR_SECONDS)
        clock.waited += waited_by(kin.pid) - waited
        waited = waited_by(kin.pid)
        *whole, rest = rest.split(b"\n")
        for line in whole:
            yield _parsed(line)


def _rows(said: bytes) -> list[dict[str, Any]]:
    return [row for row in map(_parsed, said.split(b"\n")) if isinstance(row, dict)]


def _parsed(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None
