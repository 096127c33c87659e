"""Counts and words that several formats show alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

from grader.counting import MISSED
from grader.evidence import (
    FileCoverage,
    Finding,
    HiddenTest,
    Mutant,
    Mutation,
    Outcome,
    OwnTest,
    Reading,
    TestOutcome,
    Workload,
)
from grader.measures.resources import FIGURES

OUTCOMES: MappingProxyType[Outcome, str] = MappingProxyType(
    {
        Outcome.GRADED: "Graded",
        Outcome.UNGRADABLE: "Cannot be graded",
        Outcome.INFRASTRUCTURE_FAILED: "Not graded: our failure",
    }
)
TEST_OUTCOMES: MappingProxyType[TestOutcome, str] = MappingProxyType(
    {
        TestOutcome.PASSED: "passed",
        TestOutcome.FAILED: "failed",
        TestOutcome.ERROR: "error",
        TestOutcome.SKIPPED: "skipped",
        TestOutcome.XFAILED: "expected failure",
        TestOutcome.TIMEOUT: "timed out",
        TestOutcome.OUT_OF_MEMORY: "out of memory",
        TestOutcome.LIMIT: "limit hit",
        TestOutcome.MISSING: "never reported",
    }
)


FIRST_MOMENT = 946_684_800  # 2000-01-01
LAST_MOMENT = 4_102_444_800  # 2100-01-01


@dataclass(frozen=True)
class Tally:
    """How many tests came out how. `flaky` ones are in neither of the other two: they cost nothing."""

    total: int
    passed: int
    not_passed: int
    flaky: int


def tally(tests: Iterable[HiddenTest | OwnTest]) -> Tally:
    total = passed = flaky = 0
    for test in tests:
        total += 1
        if isinstance(test, HiddenTest) and test.flaky:
            flaky += 1
        elif test.outcome is TestOutcome.PASSED:
            passed += 1
    return Tally(total=total, passed=passed, not_passed=total - passed - flaky, flaky=flaky)


def failing(tests: Iterable[HiddenTest]) -> list[HiddenTest]:
    """Tests that cost points, in the order of the suite."""
    return [test for test in tests if test.outcome is not TestOutcome.PASSED and not test.flaky]


def line_coverage(coverage: Sequence[FileCoverage]) -> float | None:
    """Share (0..1) of statements that ran under the candidate's tests; None when there is nothing to cover."""
    statements = sum(file.statements for file in coverage)
    return sum(file.covered for file in coverage) / statements if statements else None


def noticed(mutation: Mutation) -> str:
    """How many changes of the code the tests claim to have noticed."""
    tried = [mutant for mutant in mutation.mutants if mutant.outcome != "not_run"]
    count = sum(mutant.outcome not in MISSED for mutant in tried)
    text = f"{count} of {len(tried)} changes of their code noticed"
    if mutation.controls_rejected:
        text += f", and {mutation.controls_rejected} of {mutation.controls} that change nothing"
    return text


def missed(mutation: Mutation) -> list[Mutant]:
    """Changes that no test noticed, by path and line."""
    return [mutant for mutant in mutation.mutants if mutant.outcome in MISSED and mutant.outcome != "not_run"]


def own_findings(reading: Reading) -> list[Finding]:
    """Findings that the candidate wrote, by path and line; those of the starter are left out."""
    return sorted(
        (finding for finding in reading.findings if not finding.from_starter),
        key=lambda finding: (finding.place.path, finding.place.line, finding.place.column or 0, finding.rule),
    )


@dataclass(frozen=True)
class Compared:
    """One figure of a workload, as it is shown."""

    what: str
    candidate: str
    reference: str
    times: str
    """How many times the reference's figure the candidate's is, as it is scored."""


def compared(workload: Workload) -> tuple[Compared, ...]:
    """The figures of a workload; none when one side has none."""
    own, other = workload.candidate, workload.reference
    if own is None or other is None:
        return ()
    return tuple(
        Compared(name, figure.show(own), figure.show(other), f"{float(figure.times(own, other)):.2f}")
        for name, figure in FIGURES.items()
    )


def moment(seconds: int) -> str:
    """Write a claimed time (seconds since 1970) as a date in UTC; one outside of this century is no date."""
    if not FIRST_MOMENT <= seconds < LAST_MOMENT:
        return "no likely date"
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")


def points(value: float) -> str:
    """Write points with at most two decimals and none that say nothing: 7, 7.5, 7.25."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def percent(share: float) -> str:
    """Write a share (0..1) as a whole percentage, never rounding up to 100 nor down to 0 what is not."""
    whole = round(share * 100)
    if whole == 100 and share < 1:
        whole = 99
    if whole == 0 and share > 0:
        whole = 1
    return f"{whole} %"
