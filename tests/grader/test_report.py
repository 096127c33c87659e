"""The view of a report that a candidate may see."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from grader import evidence as e
from grader.report import INFRASTRUCTURE_REASON, SUITE_REASON, candidate_view
from grader.rubric import Rubric, parse
from grader.scoring import Judgement, score

EVERY_MEASURE_THAT_COULD_LEAK = """
rubric: 1
name: r
title: R
version: 1
criteria:
  - id: c
    title: C
    announced: It must work.
    items:
      - {id: a, kind: scaled, title: A, points: 1, measure: hidden_tests.share, with: {criterion: core}}
      - {id: b, kind: yes_no, title: B, points: 1, condition: {measure: hidden_tests.all_passed, equals: 1}}
      - {id: d, kind: scaled, title: D, points: 1, measure: own_tests.known_bad_caught}
      - {id: e, kind: scaled, title: E, points: 1, measure: own_tests.accepts_reference}
      - {id: f, kind: scaled, title: F, points: 1, measure: own_tests.line_coverage,
         needs: {measure: hidden_tests.share, at_least: 1}}
      - {id: g, kind: scaled, title: G, points: 1, measure: hidden_tests.share, with: {criterion: shaky}}
gates:
  - {id: works, title: It works, unless: {measure: hidden_tests.share, at_least: 1}, total_at_most: 40 %}
"""


def secretive(make: Any) -> e.Evidence:
    failed = make.hidden(e.TestOutcome.FAILED, e.TestOutcome.PASSED, problem="SECRET problem").tests
    shaky = failed[0].model_copy(update={"criteria": ("shaky",), "flaky": True, "id": "SECRET"})
    passed = make.hidden(*[e.TestOutcome.PASSED] * 4).tests
    suite = e.HiddenTests(suite_digest="SECRET", tests=(*failed, *passed, shaky), problem="SECRET")
    found: e.Evidence = make.evidence(hidden_tests=suite)
    return found


def test_a_candidate_sees_points_and_counts_but_nothing_of_the_suite(make: Any) -> None:
    """Ids, messages, output, known-bad names and problems of the suite stay with reviewers."""
    report = score(parse(EVERY_MEASURE_THAT_COULD_LEAK, "r.yaml"), secretive(make))
    text = candidate_view(report).model_dump_json()
    assert "SECRET" in report.model_dump_json()
    assert "test_secret" in report.model_dump_json()
    for hidden in ("SECRET", "test_secret", "suite_line"):
        assert hidden not in text
    public = candidate_view(report)
    assert public.hidden_tests is not None
    assert (public.hidden_tests.total, public.hidden_tests.passed) == (7, 5)
    assert [item.title for item in public.criteria[0].items] == ["A", "B", "D", "E", "F", "G"]
    assert public.score == report.score
    assert [gate.title for gate in public.gates] == ["It works"]


def test_what_reviewers_wrote_stays_with_them(make: Any, default_rubric: Rubric) -> None:
    """Names and reasons are for colleagues until the company releases them."""
    words = [
        Judgement(target="hidden-tests", by="REVIEWER", reason="PRIVATE", points=Fraction(70)),
        Judgement(target="lint", by="REVIEWER", reason="PRIVATE", points=Fraction(7000)),
    ]
    text = candidate_view(score(default_rubric, make.evidence(), judgements=words)).model_dump_json()
    assert "Judged by a person." in text
    assert "Waits for a person." in text
    assert "REVIEWER" not in text
    assert "PRIVATE" not in text


@pytest.mark.parametrize(
    ("outcome", "suite_ran", "reason"),
    [
        (e.Outcome.UNGRADABLE, False, "The zip is damaged."),
        (e.Outcome.UNGRADABLE, True, SUITE_REASON),
        (e.Outcome.INFRASTRUCTURE_FAILED, False, INFRASTRUCTURE_REASON),
        (e.Outcome.GRADED, True, ""),
    ],
)
def test_reasons_for_candidates(
    make: Any, default_rubric: Rubric, outcome: e.Outcome, suite_ran: bool, reason: str
) -> None:
    """A reason from before the suite ran is about the upload; later ones could quote the suite."""
    fields = {} if suite_ran else {"hidden_tests": None}
    report = score(default_rubric, make.evidence(outcome=outcome, reason="The zip is damaged.", **fields))
    public = candidate_view(report)
    assert (public.outcome, public.reason) == (outcome, reason)
