"""The evidence of one grading: one immutable, versioned JSON document of facts, never of opinions.

Facts are collected once (expensive, sandboxed) and scored any number of times (cheap, pure).
`source` on each block says who established the fact:

* ``tool``       read from the bytes before any of them ran, by our tools in the reading container;
* ``grading``    decided in the grading container, which never executes the candidate's code;
* ``sandbox``    counted by the kernel for the container in which the candidate's code ran, and read there by a
  process that the code can neither read nor write;
* ``candidate``  a claim: measured inside the candidate container, beside the candidate's code, or written by
  the candidate (the git history).

Times are seconds, sizes are bytes, lines and columns count from 1, paths are relative to the submission
and use ``/``.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

SCHEMA_VERSION = "1"


class Fact(BaseModel):
    """Base of every evidence model: immutable, closed, compared by value."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Outcome(StrEnum):
    """What became of the grading. There are three, never two (design, promise 3)."""

    GRADED = "graded"
    UNGRADABLE = "ungradable"
    INFRASTRUCTURE_FAILED = "infrastructure_failed"


class TestOutcome(StrEnum):
    """What became of one test. Only PASSED earns."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"
    XFAILED = "xfailed"
    TIMEOUT = "timeout"
    OUT_OF_MEMORY = "out_of_memory"
    LIMIT = "limit"  # another named limit was hit (see `limit`)
    MISSING = "missing"  # known to the suite, never reported


class Place(Fact):
    """A spot in the submission that a reader can jump to."""

    path: str
    line: int = 1
    column: int | None = None
    end_line: int | None = None


class SubmittedFile(Fact):
    path: str
    size: int
    sha256: str
    kind: Literal["source", "test", "doc", "config", "data"]
    from_starter: Literal["same", "changed", "new"] = "new"


class RefusedEntry(Fact):
    """Something in the upload that was not taken over, and why (archive links, odd names, .git, caches …)."""

    name: str
    reason: str


class Submission(Fact):
    digest: str  # sha256 over the sorted (path, sha256) pairs
    files: tuple[SubmittedFile, ...]
    refused: tuple[RefusedEntry, ...] = ()


class HiddenTest(Fact):
    """One test of the hidden suite. `id`, `message`, `output` and `place` are for reviewers only."""

    id: str  # pytest node id, relative to the suite
    criteria: tuple[str, ...] = ()  # arguments of @pytest.mark.criterion("…")
    outcome: TestOutcome
    seconds: float = 0.0
    message: str = ""  # why it did not pass; bounded, says where it was cut
    output: str = ""  # what the candidate's code printed; bounded
    place: Place | None = None  # deepest line of the candidate's code in the failure
    suite_line: int | None = None
    attempts: tuple[TestOutcome, ...] = ()  # re-runs of a test that did not pass
    flaky: bool = False  # the attempts disagree: costs nothing
    limit: str | None = None  # name of the limit that was hit


class HiddenTests(Fact):
    source: Literal["grading"] = "grading"
    suite_digest: str
    tests: tuple[HiddenTest, ...]
    problem: str | None = None  # the suite could not run at all (import error of the submission …)


class OwnTest(Fact):
    id: str
    outcome: TestOutcome
    seconds: float = 0.0
    message: str = ""
    place: Place | None = None
    assertions: int | None = None  # counted in the source; None when not found there


class FileCoverage(Fact):
    path: str
    statements: int
    covered: int
    branches: int
    branches_covered: int
    missing_lines: tuple[int, ...] = ()


class Variant(Fact):
    """The candidate's tests run against other code than theirs: original, reference or a known-bad solution."""

    name: str
    role: Literal["original", "reference", "known_bad"]
    outcome: Literal["accepted", "rejected", "not_run"]
    passed: int = 0
    failed: int = 0
    reason: str = ""


class Mutant(Fact):
    """A small change of the candidate's own code, and what their tests said to it."""

    place: Place
    diff: str  # lines that begin with "- " or "+ "
    outcome: Literal["killed", "survived", "timeout", "not_reached", "not_run"]
    by: str = ""  # the test that failed first


class Mutation(Fact):
    """What the own tests notice. Which code is changed, and how, is ours; what the tests said is a claim.

    Among the changes stand controls, which do the same as the original and cannot be told from the others by how they
    are brought about. Tests that fail on one have looked at the code, at the run or at a die.
    """

    mutants: tuple[Mutant, ...] = ()
    possible: int = 0  # how many changes there could be; `mutants` is a sample
    controls: int = 0  # that were tried, each twice
    controls_rejected: int = 0  # both times
    unreliable: tuple[str, ...] = ()  # tests that failed on a control, or in another order
    problem: str | None = None


class OrderedRun(Fact):
    """The own tests in another order than the one in which they are written."""

    order: Literal["reversed", "shuffled"]
    failing: tuple[str, ...] = ()  # tests that pass in their own order


class OwnTests(Fact):
    source: Literal["candidate"] = "candidate"
    tests: tuple[OwnTest, ...] = ()
    coverage: tuple[FileCoverage, ...] = ()
    variants: tuple[Variant, ...] = ()
    mutation: Mutation | None = None  # None: the take-home does not ask for it
    orders: tuple[OrderedRun, ...] | None = None  # None: the take-home does not ask for it
    problem: str | None = None  # crashed, timed out, no tests found …
    limit: str | None = None


class Finding(Fact):
    """One remark at one place: a lint rule, an AST fact on error handling, naming or structure."""

    tool: Literal["ruff", "radon", "handling", "naming", "structure", "tests"]
    rule: str  # F401, bare-except, meaningless-name …
    place: Place
    message: str
    from_starter: bool = False  # already in the code the candidate was given: costs nothing
    url: str | None = None


class Suppression(Fact):
    """A comment or setting by which the submission tries to silence a tool. Ignored, but reported."""

    place: Place
    text: str


class FunctionComplexity(Fact):
    place: Place
    name: str  # qualified: Class.method, outer.<locals>.inner
    cyclomatic: int
    lines: int
    from_starter: bool = False


class FileComplexity(Fact):
    path: str
    maintainability: float  # radon MI, 0..100
    sloc: int


class Landmark(Fact):
    """A place where the candidate chose something: what one can ask about. No finding; it costs nothing."""

    kind: Literal["endpoint", "structure", "concurrency"]
    name: str  # endpoint: "GET /items" · else what was chosen: heap, deque, lock …
    place: Place


class Reading(Fact):
    """Static facts: read before any of the submission ran."""

    source: Literal["tool"] = "tool"
    findings: tuple[Finding, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    functions: tuple[FunctionComplexity, ...] = ()
    files: tuple[FileComplexity, ...] = ()
    landmarks: tuple[Landmark, ...] = ()
    figures: dict[str, float] = {}  # named counts: identifiers, documented_functions, annotated_arguments …
    unreadable: tuple[RefusedEntry, ...] = ()  # files no parser could read: syntax error, too deep, too large


class Commit(Fact):
    """One commit. Its author is a number, so that a reviewer who reads blind stays blind.

    What it changed is counted against its first parent, or against the starter where it has none; nothing is
    counted of a merge (the commits that it joins are listed) and where the limits of the intake were reached.
    """

    id: str  # 40 hexadecimal digits
    author: int  # from 1, in the order in which authors appear
    seconds: int  # when it was written, since 1970, as the author's machine claims
    message: str  # bounded, says where it was cut; unprintable characters are spelled out
    is_merge: bool = False
    files: int | None = None  # files added, changed or removed; None: not counted
    added: int | None = (
        None  # lines of Python that the new version has and the old has not, blank ones left out
    )
    removed: int | None = None  # the other way round


class History(Fact):
    """The commits that lead to the submitted state, newest first."""

    source: Literal["candidate"] = "candidate"
    commits: tuple[Commit, ...] = ()
    is_cut: bool = False  # there are more commits than are listed
    authors: int = 0


class Usage(Fact):
    """What one run of a workload used: the least of several runs, each in a fresh container."""

    wall_seconds: float
    cpu_seconds: float
    memory_bytes: int  # peak, interpreter included


class Workload(Fact):
    """A hidden test whose use of resources is compared with that of the reference solution. For reviewers only."""

    name: str  # argument of @pytest.mark.workload("…")
    test: str  # id of the hidden test
    outcome: TestOutcome  # of the candidate's runs, the first that did not pass
    runs: int = 0  # of each side
    candidate: Usage | None = None  # None: it did not pass, or could not be measured
    reference: Usage | None = None  # None: was not measured, or the reference itself did not pass


class Resources(Fact):
    source: Literal["sandbox"] = "sandbox"
    workloads: tuple[Workload, ...]


class Stage(Fact):
    """What one stage of the grading cost."""

    name: str
    wall_seconds: float
    cpu_seconds: float | None = None


class TakehomeId(Fact):
    name: str
    title: str
    digest: str  # content hash of everything that decides the grade


class EnvironmentId(Fact):
    name: str
    image: str  # image digest
    runtime: str
    versions: dict[str, str] = {}  # python, pytest, ruff, radon, coverage …


class Evidence(Fact):
    """Everything known about one grading."""

    schema_version: Literal["1"] = "1"
    outcome: Outcome
    reason: str = ""  # why it is not graded, in words for a person
    submission: Submission
    takehome: TakehomeId
    environment: EnvironmentId
    hidden_tests: HiddenTests | None = None
    own_tests: OwnTests | None = None
    reading: Reading | None = None
    history: History | None = None  # None: no git repository was handed in, or its history cannot be read
    resources: Resources | None = None  # None: the take-home declares no workload
    stages: tuple[Stage, ...] = ()
