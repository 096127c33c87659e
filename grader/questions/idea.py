"""One thing that could be asked, and how to find the criterion that it probes."""

from __future__ import annotations

from dataclasses import dataclass

from grader.evidence import Evidence, FunctionComplexity, Place
from grader.measures.measure import one_line
from grader.measures.own_code import Place as Files
from grader.measures.own_code import own_paths
from grader.report import Criterion, EvidenceLink, Question, Report

SENIORS = frozenset({"senior", "staff"})
FOR_SENIORS = 25
"""At these levels, questions about choices are as telling as those about mistakes."""


@dataclass(frozen=True)
class Idea:
    """A question, and how much its answer would tell (100: very much)."""

    question: Question
    tells: int

    @property
    def where(self) -> tuple[str, int]:
        """The place that it is about, to put equal ones in a fixed order."""
        first = self.question.evidence[0] if self.question.evidence else None
        return (first.path or first.ref, first.line or 0) if first else ("", 0)


def probed(report: Report, *measures: str) -> str | None:
    """Id of the criterion with an item on one of `measures` (or their beginnings); one that lost points first."""
    fitting = [
        criterion
        for criterion in report.criteria
        if any((item.measure or "").startswith(measures) for item in criterion.items)
    ]
    lost = [criterion for criterion in fitting if criterion.points < criterion.max]
    found = (lost or fitting)[:1]
    return found[0].id if found else None


def judged_by_people(report: Report, measure: str) -> str | None:
    """Id of the criterion in which people judge; else as `probed`."""
    for criterion in report.criteria:
        if any(item.kind == "human" for item in criterion.items):
            return criterion.id
    return probed(report, measure)


def criterion_called(report: Report, name: str) -> Criterion | None:
    """The criterion of this id, if there is one."""
    return next((one for one in report.criteria if one.id == name), None)


def at(place: Place, kind: str, ref: str, text: str = "") -> EvidenceLink:
    """A link to `place`."""
    return EvidenceLink.model_validate(
        {
            "kind": kind,
            "ref": ref,
            "path": place.path,
            "line": place.line,
            "text": one_line(text) if text else "",
        }
    )


def called(name: str) -> str:
    """The name of a function as people say it, in code marks: a function inside another is `outer.inner`."""
    return f"`{one_line(name.replace('.<locals>', ''))}`"


def spelled(place: Place) -> str:
    """`app.py:68`, as people say it."""
    return f"{one_line(place.path)}:{place.line}"


def functions(evidence: Evidence) -> list[FunctionComplexity]:
    """The functions that the candidate wrote, tests left out."""
    if evidence.reading is None:
        return []
    paths = own_paths(evidence, Files())
    return [
        function
        for function in evidence.reading.functions
        if function.place.path in paths and not function.from_starter
    ]


def holding(evidence: Evidence, place: Place) -> FunctionComplexity | None:
    """The innermost function around `place`; None outside of functions."""
    around = (
        function
        for function in (evidence.reading.functions if evidence.reading else ())
        if function.place.path == place.path
        and function.place.line <= place.line < function.place.line + max(1, function.lines)
    )
    return max(around, key=lambda function: function.place.line, default=None)


def around(evidence: Evidence, place: Place) -> str:
    """Name of the innermost function around `place`, or the place itself."""
    function = holding(evidence, place)
    return called(function.name) if function else spelled(place)
