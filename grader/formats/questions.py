"""The question kit as plain text, for a terminal or a printer."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

from grader.formats.visible import one_line
from grader.report import EvidenceLink, Question, Report

WIDTH = 88
MOST = 1_000
"""Characters of any one text."""


def text_of(report: Report) -> str:
    """All questions of `report`, with what a strong and a weak answer would be. Ends with a line feed."""
    if not report.questions:
        return "There is nothing to ask about.\n"
    titles = {criterion.id: criterion.title for criterion in report.criteria}
    lines = [f"Questions for the interview: {one_line(report.evidence.takehome.title, 120)}", ""]
    for number, question in enumerate(report.questions, 1):
        lines += [*_question(number, question, titles.get(question.criterion or "", "")), ""]
    return "\n".join(lines)


def _question(number: int, question: Question, criterion: str) -> Iterator[str]:
    yield from _wrapped(question.question, f"{number}. ", "   ")
    yield from _wrapped(question.why, "   why:    ", "           ")
    if criterion:
        yield from _wrapped(criterion, "   probes: ", "           ")
    for link in question.evidence:
        yield from _wrapped(_place(link), "   see:    ", "           ")
    for point in question.strong:
        yield from _wrapped(point, "   strong: ", "           ")
    yield from _wrapped(question.weak, "   weak:   ", "           ")


def _wrapped(text: str, first: str, rest: str) -> list[str]:
    return wrap(one_line(text, MOST), WIDTH, initial_indent=first, subsequent_indent=rest)


def _place(link: EvidenceLink) -> str:
    where = (
        f" {link.path}{f':{link.line}' if link.line else ''}" if link.path and link.path != link.ref else ""
    )
    line = f":{link.line}" if link.line and link.path == link.ref else ""
    return f"{link.kind} {link.ref}{line}{where}"
