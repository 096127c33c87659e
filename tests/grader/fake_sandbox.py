"""A sandbox in memory that obeys `sandbox.contract`: what each box answers is looked up by the files in it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from sandbox.contract import (
    AskedTests,
    CandidateBox,
    Change,
    DriveResult,
    EnvironmentInfo,
    Files,
    Limits,
    OwnTestsResult,
    ProbeResult,
    ReadingResult,
    Suite,
    TestRecord,
    Usage,
)
from sandbox.errors import BoxLost, UnknownEnvironment


def passing(*ids: str) -> DriveResult:
    """A suite whose tests all pass."""
    return DriveResult(tuple(TestRecord(id_, "passed", criteria=("core",)) for id_ in ids))


def own(*outcomes: str) -> OwnTestsResult:
    """One own test for each outcome."""
    return OwnTestsResult(
        tests=tuple(
            {"id": f"test_own.py::test_{number}", "outcome": outcome, "seconds": 0.1}
            for number, outcome in enumerate(outcomes)
        ),
        cpu_seconds=0.2,
    )


USAGE = Usage(wall_seconds=0.2, cpu_seconds=0.1, memory_bytes=20_000_000)
"""What a measured test uses, where a drive does not say."""


@dataclass
class FakeSandbox:
    """Answers by functions of the files; counts what was opened. `fails` boxes are lost before one works."""

    drive: Callable[[Files], DriveResult] = lambda _: passing("test_a", "test_b")
    own_tests: Callable[[Files], OwnTestsResult] = lambda _: own("passed")
    probe: Callable[[tuple[Change, ...]], ProbeResult] = lambda _: ProbeResult()
    facts: Mapping[str, Any] = field(default_factory=dict)
    fails: int = 0
    environments: tuple[str, ...] = ("base",)
    opened: list[Files] = field(default_factory=list)
    closed: int = 0
    driven: list[Suite] = field(default_factory=list)
    asked: list[Mapping[str, Any]] = field(default_factory=list)
    tests_asked: list[AskedTests] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def environment(self, name: str) -> EnvironmentInfo:
        if name not in self.environments:
            raise UnknownEnvironment(f"no environment {name}")
        return EnvironmentInfo(name=name, image="sha256:fake", runtime="fake", versions={"python": "3.13"})

    @contextmanager
    def box(self, environment: str, files: Files, limits: Limits) -> Iterator[CandidateBox]:
        assert limits.test_seconds > 0
        self.environment(environment)
        with self.lock:
            self.opened.append(dict(files))
        try:
            yield FakeBox(self, files)
        finally:
            with self.lock:
                self.closed += 1

    def read(self, files: Files, options: Mapping[str, Any]) -> ReadingResult:
        assert files
        with self.lock:
            self.asked.append(options)
        return ReadingResult(self.facts, cpu_seconds=0.1)


@dataclass
class FakeBox:
    """One box of a `FakeSandbox`."""

    sandbox: FakeSandbox
    files: Files

    def drive(self, suite: Suite) -> DriveResult:
        with self.sandbox.lock:
            self.sandbox.driven.append(suite)
            if self.sandbox.fails:
                self.sandbox.fails -= 1
                raise BoxLost("the engine went away")
        result = self.sandbox.drive(self.files)
        if not suite.workload:
            return replace(result, tests=tuple(replace(test, usage=None) for test in result.tests))
        alone = (test for test in result.tests if test.id == suite.workload)
        return replace(result, tests=tuple(replace(test, usage=test.usage or USAGE) for test in alone))

    def own_tests(self, select: tuple[str, ...], *, coverage: bool) -> OwnTestsResult:
        assert set(select) <= set(self.files)
        result = self.sandbox.own_tests(self.files)
        return result if coverage else replace(result, coverage=())

    def probe(
        self, select: tuple[str, ...], changes: tuple[Change, ...], seed: str, asked: AskedTests
    ) -> ProbeResult:
        assert set(select) <= set(self.files)
        assert {test.partition("::")[0] for test in (*asked.heeded, *asked.given)} <= set(select)
        assert seed
        with self.sandbox.lock:
            self.sandbox.tests_asked.append(asked)
        return self.sandbox.probe(changes)
