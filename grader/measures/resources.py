"""Measures of workloads: what the candidate's code uses, divided by what the reference uses in the same grading.

A workload that did not pass has no figure: a program that gives up early is the thriftiest of all. Sentences say
nothing of the workload's name, which comes from the hidden suite.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from grader.evidence import Evidence, TestOutcome, Usage, Workload
from grader.measures.hidden import too_flaky
from grader.measures.measure import (
    Measure,
    Measured,
    Parameters,
    for_a_person,
    one_line,
    unknown,
    value,
)
from grader.report import EvidenceLink

HUNDREDTHS = 100


class WorkloadName(Parameters):
    workload: str
    """Only tests marked `@pytest.mark.workload("…")` with this name; of several, the one with the highest ratio."""


@dataclass(frozen=True)
class Figure:
    """One of the three figures of a `Usage`."""

    what: str
    of: Callable[[Usage], float]
    written: Callable[[float], str]
    least: float
    """Anything below counts as this much: a ratio of two tiny figures is noise."""

    def times(self, candidate: Usage, reference: Usage) -> Fraction:
        """How many times the reference's figure the candidate's is, to the hundredth."""
        ratio = max(self.of(candidate), self.least) / max(self.of(reference), self.least)
        return Fraction(round(ratio * HUNDREDTHS), HUNDREDTHS)

    def show(self, usage: Usage) -> str:
        """Write the figure with its unit."""
        return self.written(self.of(usage))


def seconds(amount: float) -> str:
    """Write "0.93 s"."""
    return f"{amount:.2f} s"


def megabytes(amount: float) -> str:
    """Write "12.3 MB"."""
    return f"{amount / 1e6:.1f} MB"


FIGURES = {
    "memory": Figure("the memory", lambda usage: usage.memory_bytes, megabytes, 1e6),
    "cpu": Figure("the processor time", lambda usage: usage.cpu_seconds, seconds, 0.01),
    "wall": Figure("the time", lambda usage: usage.wall_seconds, seconds, 0.01),
}


def _link(workload: Workload, text: str) -> EvidenceLink:
    return EvidenceLink(kind="workload", ref=workload.name, text=one_line(text), reviewer_only=True)


def _measured(figure: Figure) -> Callable[[Evidence, WorkloadName], Measured]:
    def measured(evidence: Evidence, given: WorkloadName) -> Measured:
        chosen = _chosen(evidence, given)
        if isinstance(chosen, Measured):
            return chosen
        found = []
        for workload in chosen:
            own, other = workload.candidate, workload.reference
            if workload.outcome is not TestOutcome.PASSED:
                return _failed(evidence, workload)
            if own is None or other is None:
                why = "What a reference solution uses could not be measured."
                return for_a_person(why, [_link(workload, "not measured")])
            against = f"{figure.show(own)} against {figure.show(other)}"
            found.append((figure.times(own, other), against, workload))
        found.sort(key=lambda each: -each[0])
        most, against, _ = found[0]
        why = f"{float(most):.2f} times {figure.what} of a reference solution ({against})."
        links = [_link(workload, f"{float(times):.2f} times: {text}") for times, text, workload in found]
        return value(most, why, links)

    return measured


def _chosen(evidence: Evidence, given: WorkloadName) -> list[Workload] | Measured:
    if evidence.resources is None:
        return unknown("No use of resources was measured.")
    chosen = [each for each in evidence.resources.workloads if each.name == given.workload]
    return chosen or unknown("The hidden suite has no workload for this.")


def _failed(evidence: Evidence, workload: Workload) -> Measured:
    """A test that came out one way and the other costs nothing here either, unless much of the suite does."""
    hidden = evidence.hidden_tests
    test = next((test for test in hidden.tests if test.id == workload.test), None) if hidden else None
    link = _link(workload, workload.outcome.value)
    unsteady = test is not None and (test.flaky or test.outcome is TestOutcome.PASSED)
    if hidden is not None and unsteady and not too_flaky(hidden):
        return for_a_person("The hidden test for this passed on one run and not on another.", [link])
    return Measured(None, "Not measured: the work was not done as the brief says.", (link,))


def _measure(name: str, title: str) -> Measure[WorkloadName]:
    title = f"{title} of a workload, divided by that of the reference solution"
    return Measure(f"resources.{name}_ratio", "number", title, WorkloadName, _measured(FIGURES[name]))


MEASURES: tuple[Measure[WorkloadName], ...] = (
    _measure("memory", "peak memory"),
    _measure("cpu", "processor time"),
    _measure("wall", "wall time"),
)
