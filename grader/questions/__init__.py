"""The question kit: what to ask a candidate in the interview that follows, drawn from their own submission.

A pure function of the report, which holds the evidence: the same report, the same questions. They are for reviewers,
and stand in no view that a candidate may see.
"""

from __future__ import annotations

from collections import Counter

from grader.evidence import Outcome
from grader.questions import choices, code, proof
from grader.questions.idea import Idea
from grader.report import Question, Report

__all__ = ["MOST", "ask"]

MOST = 8
"""An hour has room for no more."""
FEWEST = 5
"""Below this, one criterion may be asked about more often."""
PER_CRITERION = 2
SOURCES = (*proof.SOURCES, *code.SOURCES, *choices.SOURCES)
"""Each looks at a report and has ideas, or none. To ask about new evidence, add one."""


def ask(report: Report) -> tuple[Question, ...]:
    """At most `MOST` questions about a graded submission, the most telling first, no two of one kind."""
    if report.outcome is not Outcome.GRADED:
        return ()
    ideas = [idea for source in SOURCES for idea in source(report)]
    ranked = sorted(ideas, key=lambda idea: (-idea.tells, idea.question.id, idea.where))
    return tuple(idea.question for idea in _varied(ranked))


def _varied(ranked: list[Idea]) -> list[Idea]:
    """The best of each kind; of one criterion a few, so that the talk gets round."""
    best: dict[str, Idea] = {}
    for idea in ranked:
        best.setdefault(idea.question.id, idea)
    asked: Counter[str | None] = Counter()
    chosen: list[Idea] = []
    left: list[Idea] = []
    for idea in best.values():
        asked[idea.question.criterion] += 1
        (chosen if asked[idea.question.criterion] <= PER_CRITERION else left).append(idea)
    chosen += left[: max(0, FEWEST - len(chosen))]
    return sorted(chosen, key=lambda idea: (-idea.tells, idea.question.id))[:MOST]
