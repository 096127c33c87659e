"""What a reviewer must know before deciding, beside the points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from grader.evidence import Evidence, HiddenTests, OwnTests, Reading
from grader.measures.hidden import too_flaky
from grader.measures.measure import counted, one_line
from grader.rubric.model import Rubric
from grader.scoring.judgement import Judgement
from grader.scoring.totals import Sum


def remarks(
    rubric: Rubric, evidence: Evidence, sums: Sequence[Sum], judgements: Mapping[str, Judgement]
) -> Iterator[str]:
    """List everything, the most pressing first."""
    verdicts = [verdict for each in sums for verdict in each.verdicts]
    for verdict in verdicts:
        if verdict.status == "needs_human":
            yield f"Needs a person: {verdict.item.title}. {verdict.why}"
    yield from _unused(rubric, judgements)
    for verdict in verdicts:
        if verdict.status == "not_judged":
            yield f"Not judged, 0 points: {verdict.item.title}. {verdict.why}"
    if evidence.hidden_tests is not None:
        yield from _hidden(evidence.hidden_tests)
    if evidence.own_tests is not None:
        yield from _own(evidence.own_tests)
    if evidence.reading is not None:
        yield from _reading(evidence.reading)


def _unused(rubric: Rubric, judgements: Mapping[str, Judgement]) -> Iterator[str]:
    items = {item.id for criterion in rubric.criteria for item in criterion.items}
    gates = {gate.id for gate in rubric.gates}
    for target, judgement in judgements.items():
        if target in items or (target in gates and judgement.waive):
            continue
        reason = "a gate can only be waived" if target in gates else "the rubric has nothing of that name"
        yield f"Judgement without effect: {judgement.by} on `{target}` ({reason}): {judgement.reason}"


def _hidden(hidden: HiddenTests) -> Iterator[str]:
    flaky = sum(test.flaky for test in hidden.tests)
    if flaky:
        effect = "so many that they count as failed" if too_flaky(hidden) else "left out of the count"
        yield f"{counted(flaky, 'hidden test')} flaky: {effect}."
    if hidden.problem:
        yield f"Hidden tests: {one_line(hidden.problem)}"


def _own(own: OwnTests) -> Iterator[str]:
    if own.problem:
        yield f"Own tests: {one_line(own.problem)}"
    if own.limit:
        yield f"Own tests: stopped at the limit {one_line(own.limit)}."
    missing = sum(variant.outcome == "not_run" for variant in own.variants)
    if missing:
        yield f"Own tests: not run against {missing} of {counted(len(own.variants), 'other solution')}."


def _reading(reading: Reading) -> Iterator[str]:
    for entry in reading.unreadable:
        yield f"Not readable: {one_line(entry.name)}: {one_line(entry.reason)}"
    if reading.suppressions:
        yield f"{counted(len(reading.suppressions), 'attempt')} to silence a tool, without effect."
