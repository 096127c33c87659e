"""Measures of the hidden tests.

Only PASSED earns. A flaky test (its attempts disagree) is left out of the count and so costs nothing; but when
more than `FLAKY_BOUND` of the suite is flaky, the submission itself is unsteady and flaky tests count as failed.
Otherwise code that guesses would shed the tests that it guessed wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from grader.evidence import Evidence, HiddenTest, HiddenTests, TestOutcome
from grader.measures.measure import (
    Measure,
    Measured,
    Parameters,
    counted,
    for_a_person,
    one_line,
    unknown,
    value,
)
from grader.report import EvidenceLink

FLAKY_BOUND = Fraction(1, 4)


class Selection(Parameters):
    criterion: str | None = None
    """Only tests marked `@pytest.mark.criterion("…")` with this name. Absent: all tests."""


@dataclass(frozen=True)
class _Tally:
    """The selected tests that count."""

    tests: Sequence[HiddenTest]
    passed: int
    flaky_left_out: int

    @property
    def share(self) -> Fraction:
        return Fraction(self.passed, len(self.tests))

    @property
    def why(self) -> str:
        text = f"{self.passed} of {counted(len(self.tests), 'hidden test')} passed"
        return text + (f"; {self.flaky_left_out} flaky left out." if self.flaky_left_out else ".")

    def links(self) -> list[EvidenceLink]:
        """Link the tests, those that did not pass first."""
        ordered = sorted(self.tests, key=lambda test: test.outcome is TestOutcome.PASSED)
        return [_link(test) for test in ordered]


def _link(test: HiddenTest) -> EvidenceLink:
    return EvidenceLink(
        kind="test",
        ref=test.id,
        path=test.place.path if test.place else None,
        line=test.place.line if test.place else None,
        text=one_line(f"{test.outcome.value}: {test.message}" if test.message else test.outcome.value),
        reviewer_only=True,
    )


def too_flaky(hidden: HiddenTests) -> bool:
    """Tell whether so many tests are flaky that the submission is unsteady rather than a test badly written."""
    return sum(test.flaky for test in hidden.tests) > FLAKY_BOUND * len(hidden.tests)


def _passed(test: HiddenTest) -> bool:
    return test.outcome is TestOutcome.PASSED and not test.flaky


def _tally(evidence: Evidence, selection: Selection) -> _Tally | Measured:
    hidden = evidence.hidden_tests
    if hidden is None:
        return unknown("No hidden tests were run.")
    chosen = [t for t in hidden.tests if selection.criterion is None or selection.criterion in t.criteria]
    if not chosen:
        return unknown("The hidden suite has no test for this.")
    counting = chosen if too_flaky(hidden) else [test for test in chosen if not test.flaky]
    if not counting:
        links = [_link(test) for test in chosen]
        return for_a_person("Every hidden test for this passed on one run and not on another.", links)
    return _Tally(counting, sum(map(_passed, counting)), len(chosen) - len(counting))


def _share(evidence: Evidence, selection: Selection) -> Measured:
    tally = _tally(evidence, selection)
    return tally if isinstance(tally, Measured) else value(tally.share, tally.why, tally.links())


def _passed_count(evidence: Evidence, selection: Selection) -> Measured:
    tally = _tally(evidence, selection)
    return tally if isinstance(tally, Measured) else value(tally.passed, tally.why, tally.links())


def _all_passed(evidence: Evidence, selection: Selection) -> Measured:
    tally = _tally(evidence, selection)
    if isinstance(tally, Measured):
        return tally
    return value(int(tally.passed == len(tally.tests)), tally.why, tally.links())


MEASURES: tuple[Measure[Selection], ...] = (
    Measure("hidden_tests.share", "share", "share of the hidden tests that passed", Selection, _share),
    Measure("hidden_tests.passed", "count", "hidden tests that passed", Selection, _passed_count),
    Measure(
        "hidden_tests.all_passed", "share", "1 when every hidden test passed, else 0", Selection, _all_passed
    ),
)
