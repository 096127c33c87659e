"""What a workload costs against the reference: giving up earns nothing, our failures and noise cost nothing."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from grader import evidence as e
from grader.measures import CATALOGUE, Measured
from grader.measures.resources import FIGURES
from grader.report import candidate_view
from grader.rubric import parse
from grader.scoring import score

PASSED, FAILED = e.TestOutcome.PASSED, e.TestOutcome.FAILED
RUBRIC = """
rubric: 1
name: r
title: R
version: 1
criteria:
  - id: memory
    title: Memory
    announced: Needs little memory.
    items:
      - id: ratio
        kind: scaled
        title: Little memory
        points: 10
        measure: resources.memory_ratio
        with: {workload: SECRET-load}
        scale: [[1, 1], [3, 0]]
bands:
  - {id: all, from: 0, title: All, recommendation: Read it.}
"""


def ask(make: Any, *workloads: e.Workload, name: str = "memory", **fields: object) -> Measured:
    evidence = make.evidence(resources=e.Resources(workloads=workloads), **fields)
    return CATALOGUE[f"resources.{name}_ratio"].of(evidence, {"workload": "SECRET-load"})


def test_each_ratio_is_of_its_own_figure(make: Any) -> None:
    """And says what it compared."""
    measured = ask(make, make.workload(), name="cpu")
    assert measured.value == 3
    assert measured.why == "3.00 times the processor time of a reference solution (3.00 s against 1.00 s)."


@pytest.mark.parametrize("outcome", [outcome for outcome in e.TestOutcome if outcome is not PASSED])
def test_work_that_was_not_done_has_no_cost(make: Any, outcome: e.TestOutcome) -> None:
    """Crashing at once is the thriftiest of all."""
    failed = make.workload(outcome=outcome, candidate=make.used(0, 1, 0))
    measured = ask(make, make.workload(), failed, hidden_tests=make.hidden(outcome))
    assert (measured.value, measured.for_a_person) == (None, False)


def test_work_that_was_done_in_the_suite_and_not_when_measured_waits_for_a_person(make: Any) -> None:
    """A busy machine can let the second run time out."""
    failed = make.workload(outcome=e.TestOutcome.TIMEOUT, candidate=None, reference=None)
    assert ask(make, failed, hidden_tests=make.hidden(PASSED)).for_a_person


@pytest.mark.parametrize("side", ["candidate", "reference"])
def test_what_we_could_not_measure_waits_for_a_person(make: Any, side: str) -> None:
    """It passed; that its figures are missing is our failure."""
    measured = ask(make, make.workload(**{side: None}))
    assert (measured.value, measured.for_a_person) == (None, True)


def test_a_flaky_workload_costs_nothing_but_an_unsteady_submission_does(make: Any) -> None:
    """As with any other hidden test."""
    failed = make.workload(outcome=FAILED, candidate=None, reference=None)
    for shaky, for_a_person in ((1, True), (2, False)):
        tests = [
            test.model_copy(update={"flaky": number < shaky, "outcome": FAILED if number < shaky else PASSED})
            for number, test in enumerate(make.hidden(*[PASSED] * 4).tests)
        ]
        suite = e.HiddenTests(suite_digest="s", tests=tuple(tests))
        assert ask(make, failed, hidden_tests=suite).for_a_person is for_a_person


def test_of_several_tests_of_one_name_the_costliest_counts(make: Any) -> None:
    """A program that is thrifty with files and not with streams is not thrifty."""
    cheap = make.workload(candidate=make.used())
    assert ask(make, cheap, make.workload(), make.workload("other", candidate=make.used(9, 10**9))).value == 2


def test_ratios_of_next_to_nothing_are_one(make: Any) -> None:
    """Two milliseconds against one is noise, not twice the work."""
    tiny, tinier = make.used(0.002, 4000, 0.002), make.used(0.001, 0, 0.0)
    for figure in FIGURES.values():
        assert figure.times(tiny, tinier) == 1


def test_ratios_are_rounded_to_the_hundredth(make: Any) -> None:
    """So that what is scored is what is shown."""
    times = FIGURES["cpu"].times(make.used(1.0), make.used(3.0))
    assert times == Fraction(33, 100)


def test_a_workload_that_the_suite_does_not_have_gives_no_value(make: Any) -> None:
    """An author who misspells its name must notice."""
    assert ask(make, make.workload("other")).value is None


def test_a_ratio_gives_points_and_the_candidate_learns_no_name(make: Any) -> None:
    """Twice the reference is halfway between all points and none; the name comes from the hidden suite."""
    report = score(parse(RUBRIC, "r"), make.evidence())
    assert report.criteria[0].items[0].points == 5
    assert "SECRET" in report.criteria[0].items[0].evidence[0].ref
    public = candidate_view(report)
    assert "SECRET" not in public.model_dump_json()
    assert "2.00 times the memory" in public.criteria[0].items[0].why
