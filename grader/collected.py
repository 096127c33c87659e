"""From what the sandbox returns to evidence: records become facts, claims are checked for sense and bounded.

Whatever the candidate's side can word, it can word badly on purpose: text that is no Unicode, figures without end,
rows that are no rows. Here it becomes a fact or is dropped; it never ends a grading.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from grader.evidence import (
    FileCoverage,
    HiddenTest,
    HiddenTests,
    OwnTest,
    OwnTests,
    Place,
    TestOutcome,
    Usage,
    Variant,
)
from grader.plan import KnownTest, Role
from sandbox import contract
from sandbox.contract import DriveResult, OwnTestsResult, TestRecord

MAX_TESTS = 2000
"""Own tests that are kept of one run; so many are nobody's honest work."""
MAX_FILES = 400
MAX_TEXT = 2000
MAX_HEADLINE = 300
MAX_LINES = 5000
MAX_COUNT = 10_000_000
MAX_SECONDS = 1e6
MAX_BYTES = 2**40
_CLAIMED = ("passed", "failed", "error", "skipped", "xfailed")


def hidden_tests_of(
    result: DriveResult, suite_digest: str, known: tuple[KnownTest, ...] | None, paths: Collection[str]
) -> HiddenTests:
    """The suite's outcomes: every known test once, and nothing that is not known."""
    records = {record.id: record for record in result.tests}
    if known is None:
        known = tuple(KnownTest(record.id, record.criteria) for record in result.tests)
    tests = tuple(_hidden_test(each, records.get(each.id), paths, result.problem) for each in known)
    problem = None if result.problem is None else _unicode(result.problem)
    return HiddenTests(suite_digest=suite_digest, tests=tests, problem=problem)


def _hidden_test(
    known: KnownTest, record: TestRecord | None, paths: Collection[str], problem: str | None
) -> HiddenTest:
    if record is None:
        message = _unicode(problem or "the suite did not report this test")
        return HiddenTest(id=known.id, criteria=known.criteria, outcome=TestOutcome.MISSING, message=message)
    outcome = TestOutcome(record.outcome)
    attempts = tuple(TestOutcome(attempt) for attempt in record.attempts)
    flaky = bool(attempts) and TestOutcome.PASSED in attempts and outcome is not TestOutcome.PASSED
    place = Place(path=record.path, line=record.line or 1) if record.path in paths and record.path else None
    return HiddenTest(
        id=known.id,
        criteria=known.criteria or record.criteria,
        outcome=outcome,
        seconds=record.seconds,
        message=headed(_unicode(record.message)),
        output=_unicode(record.output),
        place=place,
        suite_line=record.suite_line,
        attempts=attempts,
        flaky=flaky,
        limit=record.limit,
    )


def own_tests_of(
    result: OwnTestsResult,
    paths: Collection[str],
    assertions: Mapping[str, int],
    variants: tuple[Variant, ...],
) -> OwnTests:
    """The candidate's own tests. Every field is a claim of their side, so every field is checked."""
    tests = tuple(_own_test(row, paths, assertions) for row in result.tests[:MAX_TESTS])
    coverage = tuple(
        row for row in (_coverage(row, paths) for row in result.coverage[:MAX_FILES]) if row is not None
    )
    return OwnTests(
        tests=tests,
        coverage=coverage,
        variants=variants,
        problem=text_of(result.problem) or None,
        limit=text_of(result.limit) or None,
    )


def _own_test(row: Mapping[str, Any], paths: Collection[str], assertions: Mapping[str, int]) -> OwnTest:
    name = text_of(row.get("id"))
    outcome, path = row.get("outcome"), row.get("path")
    place = None
    if isinstance(path, str) and path in paths:
        place = Place(path=path, line=_count(row.get("line")) or 1)
    return OwnTest(
        id=name,
        outcome=TestOutcome(outcome) if outcome in _CLAIMED else TestOutcome.ERROR,
        seconds=seconds_of(row.get("seconds")) or 0.0,
        message=headed(text_of(row.get("message"))),
        place=place,
        assertions=assertions.get(name.partition("[")[0]),
    )


def _coverage(row: Mapping[str, Any], paths: Collection[str]) -> FileCoverage | None:
    """What they claim about one file; None where it is no such claim or about no file of theirs."""
    path = row.get("path")
    statements, covered = _count(row.get("statements")), _count(row.get("covered"))
    branches, branches_covered = _count(row.get("branches")), _count(row.get("branches_covered"))
    if not isinstance(path, str) or path not in paths:
        return None
    if statements is None or covered is None or branches is None or branches_covered is None:
        return None
    missing = row.get("missing_lines")
    lines = (_count(line) for line in missing[:MAX_LINES]) if isinstance(missing, list) else ()
    return FileCoverage(
        path=path,
        statements=statements,
        covered=min(covered, statements),
        branches=branches,
        branches_covered=min(branches_covered, branches),
        missing_lines=tuple(line for line in lines if line),
    )


def variant_of(name: str, role: Role, result: OwnTestsResult) -> Variant:
    """What the candidate's tests said about other code. Only counts are kept: their output could hold that code."""
    outcomes = [row.get("outcome") for row in result.tests]
    passed, failed = outcomes.count("passed"), outcomes.count("failed")
    if failed:
        return Variant(name=name, role=role, outcome="rejected", passed=passed, failed=failed)
    if passed and outcomes.count("error") == 0 and result.problem is None:
        return Variant(name=name, role=role, outcome="accepted", passed=passed)
    reason = "the tests could not run against this code"
    return Variant(name=name, role=role, outcome="not_run", passed=passed, reason=reason)


def headed(message: str) -> str:
    """`message` with what happened as its first line, which reports show; pytest begins with the source of the test.

    What happened is marked with an E; of several exceptions in a chain, the last is the one that got through.
    """
    block: list[str] = []
    inside = False
    for line in message.splitlines():
        if line.startswith("E "):
            block = [*(block if inside else ()), line[2:].strip()]
        inside = line.startswith("E ")
    if not block:
        return message
    headline = " ".join(block[:2]) if block[0].endswith(":") else block[0]
    return message if message.startswith(headline) else f"{headline[:MAX_HEADLINE]}\n\n{message}"


def usage_of(usage: contract.Usage | None) -> Usage | None:
    """What the sandbox measured, when it can be so."""
    if usage is None:
        return None
    wall, cpu = seconds_of(usage.wall_seconds), seconds_of(usage.cpu_seconds)
    memory = usage.memory_bytes
    if wall is None or cpu is None or not 0 <= memory <= MAX_BYTES:
        return None
    return Usage(wall_seconds=round(wall, 4), cpu_seconds=round(cpu, 4), memory_bytes=memory)


def seconds_of(value: Any) -> float | None:
    """A claimed duration, when it can be one."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if number and 0 <= value < MAX_SECONDS else None


def _count(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value <= MAX_COUNT else None


def text_of(value: Any) -> str:
    """What they say, cut and in Unicode, when it is text at all."""
    return _unicode(value[:MAX_TEXT]) if isinstance(value, str) else ""


def _unicode(text: str) -> str:
    """`text` without halves of surrogate pairs, which JSON can carry and no document of ours can."""
    return text.encode("utf-8", "replace").decode("utf-8")
