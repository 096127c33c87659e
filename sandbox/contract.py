"""What the sandbox promises to whoever grades: the only module of this package that `grader` may import.

Vocabulary: a *candidate box* is a one-shot container that runs a stranger's code; a *grading seat* is a
long-lived container that runs trusted hidden tests and never executes candidate code; a *reading seat* is a
long-lived container that parses submissions without running them. No two of them share a process, a
filesystem or a network; only bounded plain values cross, relayed by the host.

Whose fault it is decides how a call ends. Whatever the candidate's code did (crash, time-out, out of memory,
too much output) is a *result*. What the sandbox could not do is raised as `SandboxError` (see `errors.py`);
the grading is then `infrastructure_failed` and may be tried again. Times are seconds, sizes are bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

Files = Mapping[str, bytes]
"""Relative POSIX path → content. Regular files only; the producer has checked the names (see `grader.intake`)."""


@dataclass(frozen=True)
class Limits:
    """Every bound that candidate code can run into, by name. A violated limit is a result, never a crash."""

    test_seconds: float = 10.0
    """Wall time that the candidate's code may use inside one hidden test, and that the test itself may wait outside of
    calls to it, each. What the test computes is not counted. Time in which the candidate's processes wanted a processor
    and had none is given back: up to ten times this, and `suite_seconds` in all."""
    suite_seconds: float = 60.0
    """The same for all hidden tests: calls, and the waiting of tests that do not pass. Later tests are not run."""
    own_tests_seconds: float = 20.0
    """Wall time for one run of the candidate's own tests."""
    probe_seconds: float = 20.0
    """Time for trying the candidate's own tests on changes of their code and in other orders, without that in which
    they wanted a processor and had none. What was not tried by then is no fact."""
    start_seconds: float = 10.0
    """Wall time for a declared server to become ready."""
    memory_bytes: int = 256 * 2**20
    """Memory of the candidate box, swap included."""
    processes: int = 64
    cpus: float = 2.0
    """Hidden tests and own tests run side by side in a box; less than two would make each slow the other down."""
    open_files: int = 256
    disk_bytes: int = 64 * 2**20
    disk_inodes: int = 4096
    output_bytes: int = 1 * 2**20
    """Printed text kept of one test or one command; the rest is dropped and the text says so."""
    value_bytes: int = 16 * 2**20
    """One message over the bridge."""
    value_depth: int = 2000
    traffic_bytes: int = 512 * 2**20
    """All messages of one grading."""


@dataclass(frozen=True)
class Service:
    """A server that the candidate's code starts and that hidden tests drive over a tunnel."""

    start: tuple[str, ...]
    """Command, run in the submission's root with PORT in its environment."""
    port: int = 8000
    ready_path: str = "/"
    """Any HTTP answer on this path means that the server is ready."""


@dataclass(frozen=True)
class Suite:
    """A hidden pytest suite: trusted to be honest, not to be careful."""

    digest: str
    files: Files
    modules: tuple[str, ...] = ()
    """Top-level module names that the suite takes from the candidate. Empty: those it imports and does not hold."""
    service: Service | None = None
    rerun_failures: int = 1
    """How often a test that did not pass is run again to tell flaky from failed."""
    workload: str = ""
    """Id of the one test to run and to measure; empty: run all and measure none. Do nothing else in that box."""


@dataclass(frozen=True)
class Usage:
    """What the candidate's side used in one hidden test, as the kernel counts it for the box.

    Of a test that runs commands, these are measured; of any other, all that happens in the box during the test's call.
    Setting up the test and importing the submission do not count.
    """

    wall_seconds: float
    cpu_seconds: float
    """Of all processes, those that were left behind included."""
    memory_bytes: int
    """Peak resident set with interpreter and all, or the growth of the whole box's memory where that is more."""


@dataclass(frozen=True)
class TestRecord:
    """One hidden test as the grading seat saw it. `outcome` is a value of `grader.evidence.TestOutcome`."""

    id: str
    outcome: str
    seconds: float = 0.0
    criteria: tuple[str, ...] = ()
    message: str = ""
    output: str = ""
    path: str | None = None
    """Deepest file of the candidate's code in the failure, relative to the submission."""
    line: int | None = None
    suite_line: int | None = None
    attempts: tuple[str, ...] = ()
    limit: str | None = None
    workload: str | None = None
    """Argument of @pytest.mark.workload("…")."""
    usage: Usage | None = None
    """Only where `Suite.workload` asked for it."""


@dataclass(frozen=True)
class DriveResult:
    """What came of driving the candidate's code with a hidden suite."""

    tests: tuple[TestRecord, ...]
    problem: str | None = None
    """Why (part of) the suite could not run: the submission does not import, its server does not start …"""
    grading_cpu_seconds: float = 0.0
    candidate_cpu_seconds: float = 0.0


@dataclass(frozen=True)
class OwnTestsResult:
    """What came of running tests inside the candidate box. All of it is a claim of the candidate's side."""

    tests: tuple[Mapping[str, Any], ...] = ()
    """id, outcome, seconds, message, path, line"""
    coverage: tuple[Mapping[str, Any], ...] = ()
    """path, statements, covered, branches, branches_covered, missing_lines"""
    problem: str | None = None
    limit: str | None = None
    cpu_seconds: float = 0.0


@dataclass(frozen=True)
class Change:
    """Text that takes the place of a part of one file. Lines count from 1, columns are bytes of UTF-8 from 0."""

    id: int
    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    first_line: int
    last_line: int
    """The statement that holds the part: a test that reaches none of these lines cannot notice."""
    text: str


@dataclass(frozen=True)
class AskedTests:
    """Ids of the tests that may notice a change: those `given` out are run last, when no `heeded` one has noticed."""

    heeded: tuple[str, ...]
    given: tuple[str, ...] = ()


@dataclass(frozen=True)
class ProbeResult:
    """What the candidate's own tests said to changed code, inside the box. All of it is a claim."""

    tests: tuple[Mapping[str, Any], ...] = ()
    """On the unchanged code: id, outcome, seconds"""
    mutants: tuple[Mapping[str, Any], ...] = ()
    """id (of a change), verdict (killed, survived, timeout, not_reached), by (id of a test), seconds"""
    orders: tuple[Mapping[str, Any], ...] = ()
    """order, test: one that passes, but fails in that order. An empty test says that the order was tried."""
    problem: str | None = None
    limit: str | None = None
    cpu_seconds: float = 0.0


@dataclass(frozen=True)
class ReadingResult:
    """What the reading program said about the files: JSON-like facts, shaped by the program that was installed."""

    facts: Mapping[str, Any]
    cpu_seconds: float = 0.0


@dataclass(frozen=True)
class EnvironmentInfo:
    """What a grading ran in, for the evidence."""

    name: str
    image: str
    runtime: str
    versions: Mapping[str, str] = field(default_factory=dict)


class CandidateBox(Protocol):
    """A one-shot container with one submission in it. Its methods may run side by side, each once."""

    def drive(self, suite: Suite) -> DriveResult:
        """Run the hidden `suite` in a grading seat against the code in this box.

        Raises:
            SandboxError: the engine, the seat or the relay failed; nothing is known about the candidate.
        """
        ...

    def own_tests(self, select: tuple[str, ...], *, coverage: bool) -> OwnTestsResult:
        """Run the test files `select` (relative paths) with pytest inside this box.

        Raises:
            SandboxError: as above.
        """
        ...

    def probe(
        self, select: tuple[str, ...], changes: tuple[Change, ...], seed: str, asked: AskedTests
    ) -> ProbeResult:
        """Run the test files `select` in other orders that `seed` decides, and the tests `asked` on each of `changes`.

        Nothing tells the box what a change is for. It takes no more than `probe_seconds`.

        Raises:
            SandboxError: as above.
        """
        ...


class Sandbox(Protocol):
    """Opens boxes. One object serves any number of threads."""

    def environment(self, name: str) -> EnvironmentInfo:
        """Describe the environment `name`.

        Raises:
            UnknownEnvironment: no such environment.
            SandboxError: its image is not built or the engine does not answer.
        """
        ...

    def box(self, environment: str, files: Files, limits: Limits) -> AbstractContextManager[CandidateBox]:
        """Take a fresh container of `environment`, put `files` into it, destroy it at exit.

        Waiting for a container is never on the candidate's clock.
        """
        ...

    def read(self, files: Files, options: Mapping[str, Any]) -> ReadingResult:
        """Let the reading program look at `files` without running any of them.

        Raises:
            SandboxError: as above. Files that break a parser are a fact in the result, not an error.
        """
        ...
