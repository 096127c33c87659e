"""A candidate box in use: one submission, its hidden suite relayed from a grading seat, its own tests."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import queue
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from sandbox.container import Container
from sandbox.contract import (
    AskedTests,
    Change,
    DriveResult,
    Limits,
    OwnTestsResult,
    ProbeResult,
    Suite,
    TestRecord,
    Usage,
)
from sandbox.errors import BoxLost, ProtocolBroken, SandboxError, Stuck
from sandbox.inside import wire

_UPLOAD_SECONDS: Final = 30.0
_GRACE_SECONDS: Final = 15.0
_CROWDED: Final = 12.0
"""Time without a processor is not counted by a probe; it may take so many times its seconds, then it is ended."""
_MESSAGE: Final = 8_000

SeatLease = Callable[[Suite], "contextlib.AbstractContextManager[Container]"]


class Misuse(Exception):
    """The candidate's side broke a bound of the line to it; `limit` is its name."""

    def __init__(self, limit: str, what: str) -> None:
        super().__init__(what)
        self.limit = limit


class DockerBox:
    """Implements `contract.CandidateBox`. A thread reads the box's frames and hands them on."""

    def __init__(
        self, container: Container, limits: Limits, files: Mapping[str, bytes], lease: SeatLease
    ) -> None:
        """Send the files.

        Raises:
            BoxLost: the container does not take them.
        """
        self._container = container
        self._limits = limits
        self._names = sorted(files)
        self._lease = lease
        self._answers: dict[str, queue.Queue[dict[str, Any] | SandboxError]] = {
            event: queue.Queue() for event in ("own_tests", "probe", "usage")
        }
        self._seat: Container | None = None
        self._relaying = threading.Lock()
        self._ending: SandboxError | Misuse | None = None
        self._over = threading.Event()
        container.say({"do": "limits", **dataclasses.asdict(limits)})
        container.upload(files)
        container.expect("uploaded", _UPLOAD_SECONDS)
        self._reader = threading.Thread(target=self._read, name="box reader", daemon=True)
        self._reader.start()

    def close(self) -> None:
        """No more frames are wanted."""
        self._over.set()

    # -- the candidate's frames -------------------------------------------------------------------

    def _read(self) -> None:
        """Hand on frames until the box ends or is closed."""
        try:
            while not self._over.is_set():
                for kind, payload in self._container.receive(1.0):
                    if kind in wire.RELAYED:
                        self._to_seat(kind, payload)
                    elif kind == wire.CONTROL:
                        self._answer(payload)
                if self._container.received_bytes > self._limits.traffic_bytes:
                    raise Misuse("traffic_bytes", "the candidate's code sent more than traffic_bytes")
        except (SandboxError, Misuse) as error:
            self._end(error)

    def _end(self, ending: SandboxError | Misuse) -> None:
        """Nothing more is to be had from this box; the first reason stands."""
        self._ending = self._ending or ending
        lost = ending if isinstance(ending, SandboxError) else ProtocolBroken(str(ending))
        for answers in self._answers.values():
            answers.put(lost)

    def _to_seat(self, kind: int, payload: bytes) -> None:
        """Nothing of this box may reach a seat whose grading is over: the next one would hear it."""
        with self._relaying:
            if self._seat is not None:
                with contextlib.suppress(BoxLost):  # whoever drives reads the seat, and notices
                    self._seat.send(kind, payload)

    def _let_go(self) -> None:
        """The suite is over: from now on the seat hears nothing of this box, and it is told so."""
        with self._relaying:
            seat, self._seat = self._seat, None
        if seat is not None:
            seat.say({"do": "over"})

    def _answer(self, payload: bytes) -> None:
        try:
            message = json.loads(payload)
            answers = self._answers.get(message["event"])
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise ProtocolBroken(f"a candidate container sent an unreadable message: {error}") from error
        if answers is not None:
            answers.put(message)

    def _ask(self, message: Mapping[str, Any], event: str, seconds: float) -> dict[str, Any]:
        self._container.say(message)
        try:
            answer = self._answers[event].get(timeout=seconds)
        except queue.Empty:
            raise BoxLost(
                f"a candidate container did not answer {message['do']!r} within {seconds:g} s"
            ) from None
        if isinstance(answer, SandboxError):
            raise answer
        return answer

    # -- hidden tests -----------------------------------------------------------------------------

    def drive(self, suite: Suite) -> DriveResult:
        """See `contract.CandidateBox.drive`."""
        with self._lease(suite) as seat:
            drive = _Drive(self._container, seat, self._limits, self._let_go)
            self._seat = seat
            try:
                drive.run(self._job(suite), lambda: self._ending)
            except Misuse as misuse:
                self._end(misuse)
            finally:
                self._seat = None
        cpu = 0.0
        if self._ending is None:
            with contextlib.suppress(SandboxError):  # what it cost is no reason to drop what came of it
                cpu = float(self._ask({"do": "usage"}, "usage", _GRACE_SECONDS)["cpu"])
        elif isinstance(self._ending, SandboxError) and not self._container.out_of_memory():
            raise self._ending
        return DriveResult(tuple(drive.tests), drive.problem, drive.cpu, cpu)

    def _job(self, suite: Suite) -> dict[str, Any]:
        return {
            "do": "grade",
            "modules": list(suite.modules),
            "candidate_files": self._names,
            "service": dataclasses.asdict(suite.service) if suite.service else None,
            "limits": dataclasses.asdict(self._limits),
            "rerun_failures": suite.rerun_failures,
            "workload": suite.workload,
        }

    # -- their own tests --------------------------------------------------------------------------

    def own_tests(self, select: tuple[str, ...], *, coverage: bool) -> OwnTestsResult:
        """See `contract.CandidateBox.own_tests`."""
        seconds = self._limits.own_tests_seconds
        message = {"do": "own_tests", "select": list(select), "coverage": coverage, "seconds": seconds}
        answer = self._asked_in_box(message, "own_tests", seconds)
        return OwnTestsResult(
            tests=_rows(answer.get("tests")),
            coverage=_rows(answer.get("coverage")),
            problem=_text(answer.get("problem")),
            limit=_text(answer.get("limit")),
            cpu_seconds=_number(answer.get("cpu")),
        )

    def probe(
        self, select: tuple[str, ...], changes: tuple[Change, ...], seed: str, asked: AskedTests
    ) -> ProbeResult:
        """See `contract.CandidateBox.probe`."""
        seconds = self._limits.probe_seconds
        message = {
            "do": "probe",
            "select": list(select),
            "changes": [dataclasses.asdict(change) for change in changes],
            "heeded": list(asked.heeded),
            "given": list(asked.given),
            "seed": seed,
            "seconds": seconds,
            "most_seconds": seconds * _CROWDED,
            "processes": int(self._limits.cpus),
        }
        answer = self._asked_in_box(message, "probe", seconds * _CROWDED)
        return ProbeResult(
            tests=_rows(answer.get("tests")),
            mutants=_rows(answer.get("mutants")),
            orders=_rows(answer.get("orders")),
            problem=_text(answer.get("problem")),
            limit=_text(answer.get("limit")),
            cpu_seconds=_number(answer.get("cpu")),
        )

    def _asked_in_box(self, message: Mapping[str, Any], event: str, seconds: float) -> Mapping[str, Any]:
        """The answer of a run of their tests; how the box ended, where their code ended it."""
        try:
            return self._ask(message, event, seconds + _GRACE_SECONDS)
        except SandboxError:
            if self._container.out_of_memory():
                return {"problem": "the box ran out of memory", "limit": "out_of_memory"}
            if isinstance(self._ending, Misuse):
                return {"problem": f"stopped: {self._ending}", "limit": self._ending.limit}
            raise


def _rows(value: Any) -> tuple[Mapping[str, Any], ...]:
    """A claim of the candidate's side, made a list of objects whatever it was."""
    return tuple(row for row in value if isinstance(row, dict)) if isinstance(value, list) else ()


def _text(value: Any) -> str | None:
    return value[:_MESSAGE] if isinstance(value, str) else None


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else 0.0


class _Drive:
    """One run of a hidden suite: hands on the seat's frames and collects its records."""

    def __init__(self, box: Container, seat: Container, limits: Limits, let_go: Callable[[], None]) -> None:
        """`let_go` is called when the suite is over."""
        self._let_go = let_go
        self._box = box
        self._seat = seat
        self._limits = limits
        self.tests: list[TestRecord] = []
        self.problem: str | None = None
        self.cpu = 0.0
        self._ended = False
        self._status = 0
        self._done = False
        self._out_of_memory = False

    def run(self, job: Mapping[str, Any], ending: Callable[[], Exception | None]) -> None:
        """Until the seat says that it is over, the box ends, or the time is up.

        Raises:
            BoxLost: the seat failed.
            Misuse: the box no longer takes what the suite sends.
        """
        self._seat.say(job)
        # The seat itself stops at suite_seconds; this is for a suite that uses the processor itself, or cannot be
        # interrupted.
        most = 3 * self._limits.suite_seconds + self._limits.start_seconds
        deadline = time.monotonic() + most
        while not self._ended:
            if ending() is not None:
                self._stop(_why(ending(), self._box))
                return
            left = deadline - time.monotonic()
            if left <= 0:
                self._stop(
                    f"stopped: the hidden suite did not end within {most:g} s, three times suite_seconds and "
                    "start_seconds"
                )
                return
            for kind, payload in self._seat.receive(min(left, 1.0)):
                if kind in wire.RELAYED:
                    self._to_box(kind, payload)
                elif kind == wire.CONTROL:
                    self._hear(payload)
        if not self._done and self._out_of_memory:
            self._stop("stopped: what the candidate's code handed to the tests filled their memory")
        elif not self._done:
            raise BoxLost(
                f"the grading process ended with status {self._status} before its suite was over: "
                f"{self._seat.last_words()}"
            )

    def _to_box(self, kind: int, payload: bytes) -> None:
        try:
            self._box.send(kind, payload)
        except Stuck as stuck:
            misuse = Misuse("traffic", "the candidate's code talked on without listening")
            self._stop(f"stopped: {misuse}")
            raise misuse from stuck
        except BoxLost:
            return  # the reader of the box notices, and tells by `ending`

    def _stop(self, why: str) -> None:
        self.problem = why
        self._seat.remove()  # the process in it waits for an answer that will not come

    def _hear(self, payload: bytes) -> None:
        try:
            self._take(json.loads(payload))
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise ProtocolBroken(f"a grading container said what cannot be understood: {error}") from error

    def _take(self, message: dict[str, Any]) -> None:
        event = message.pop("event")
        if event == "test":
            message["criteria"] = tuple(message["criteria"])
            message["attempts"] = tuple(message["attempts"])
            message["usage"] = Usage(**message["usage"]) if message["usage"] else None
            self.tests.append(TestRecord(**message))
        elif event == "failed":
            raise ProtocolBroken(f"the grading program failed: {message['detail']}")
        elif event == "done":
            self._done = True
            self.problem = message["problem"]
            self._let_go()
        elif event == "end":
            self._ended = True
            self._status = int(message["status"])
            self.cpu = float(message["cpu"])
            self._out_of_memory = bool(message["out_of_memory"])
            if self._done and self._status != 0:
                self._seat.remove()  # it may still hold something that was meant for the process which ended


def _why(ending: Exception | None, box: Container) -> str:
    if isinstance(ending, Misuse):
        return f"stopped: {ending}"
    if box.out_of_memory():
        return "stopped: the box reached its limit memory_bytes"
    return f"stopped: {ending}"
