"""What is written under a line of the source: findings, failing tests, silenced tools, evidence of an item."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Literal

from grader.evidence import Evidence, TestOutcome
from grader.formats.interface import AnyReport
from grader.formats.summary import TEST_OUTCOMES, failing
from grader.formats.visible import one_line
from grader.report import CandidateCriterion, CandidateItem, Criterion, Item, Report

RemarkKind = Literal["finding", "starter", "hidden", "own", "suppression", "evidence", "more"]
PER_LINE = 6
PER_FILE = 300


@dataclass(frozen=True)
class Remark:
    """One row under a line of a listing."""

    kind: RemarkKind
    label: str
    text: str
    target: str | None = None
    """Anchor of this page that says more."""


Remarks = Mapping[str, Mapping[int, tuple[Remark, ...]]]
"""path → line → what is written under it, at most `PER_LINE` each and `PER_FILE` in a file, then a count."""


@dataclass
class _Here:
    """Remarks of one line while they are collected."""

    kept: list[Remark] = field(default_factory=list)
    labels: set[str] = field(default_factory=set)

    def all(self) -> tuple[Remark, ...]:
        more = len(self.labels) - len(self.kept)
        return (*self.kept, Remark("more", f"and {more:,} more", "")) if more else tuple(self.kept)


def remarks(report: AnyReport) -> Remarks:
    """Collect what is known about single lines. A line gets the same label once."""
    found: defaultdict[str, defaultdict[int, _Here]] = defaultdict(lambda: defaultdict(_Here))
    count: defaultdict[str, int] = defaultdict(int)
    of_evidence = _of_evidence(report.evidence) if isinstance(report, Report) else iter(())
    for path, line, remark in chain(of_evidence, _linked(report.criteria)):
        here = found[path][line]
        if remark.label not in here.labels and len(here.kept) < PER_LINE and count[path] < PER_FILE:
            here.kept.append(remark)
            count[path] += 1
        here.labels.add(remark.label)
    return {path: {line: here.all() for line, here in lines.items()} for path, lines in found.items()}


def _of_evidence(evidence: Evidence) -> Iterator[tuple[str, int, Remark]]:
    yield from _tests(evidence)
    if evidence.reading is None:
        return
    for finding in evidence.reading.findings:
        kind: RemarkKind = "starter" if finding.from_starter else "finding"
        given = " (given by the starter: costs nothing)" if finding.from_starter else ""
        remark = Remark(kind, one_line(finding.rule, 80), one_line(finding.message) + given)
        yield finding.place.path, finding.place.line, remark
    for silenced in evidence.reading.suppressions:
        remark = Remark("suppression", "ignored", f"silences a tool: {one_line(silenced.text, 120)}")
        yield silenced.place.path, silenced.place.line, remark


def _tests(evidence: Evidence) -> Iterator[tuple[str, int, Remark]]:
    hidden = evidence.hidden_tests.tests if evidence.hidden_tests else ()
    numbers = {test.id: number for number, test in reversed(list(enumerate(hidden)))}
    for test in failing(hidden):
        if test.place is not None:
            text = f"{TEST_OUTCOMES[test.outcome]} here: {_first_line(test.message)}"
            remark = Remark("hidden", one_line(test.id, 120), text, f"t{numbers[test.id]}")
            yield test.place.path, test.place.line, remark
    for number, own in enumerate(evidence.own_tests.tests if evidence.own_tests else ()):
        if own.place is not None and own.outcome is not TestOutcome.PASSED:
            text = f"{TEST_OUTCOMES[own.outcome]}: {_first_line(own.message)}"
            yield own.place.path, own.place.line, Remark("own", one_line(own.id, 120), text, f"o{number}")


def _first_line(message: str) -> str:
    return one_line(message.strip().split("\n", 1)[0], 160)


def _linked(criteria: tuple[Criterion | CandidateCriterion, ...]) -> Iterator[tuple[str, int, Remark]]:
    """Evidence that items point to; what another remark of the line says already is dropped by its label."""
    for number, criterion in enumerate(criteria):
        items: tuple[Item | CandidateItem, ...] = criterion.items
        for place, item in enumerate(items):
            for link in item.evidence:
                if link.path is not None and link.line is not None:
                    label = one_line(link.ref, 120)
                    remark = Remark("evidence", label, one_line(link.text), f"c{number}i{place}")
                    yield link.path, link.line, remark
