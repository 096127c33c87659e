"""Scoring: a pure function of rubric, evidence and what people decided. The only place where points are made.

Sums are exact fractions; rounding happens where a number enters the report.
"""

from __future__ import annotations

from collections.abc import Sequence

from grader.evidence import Evidence, Fact, Outcome
from grader.questions import ask
from grader.report import Report, RubricId
from grader.rubric import Rubric, at_level, digest
from grader.scoring.attention import remarks
from grader.scoring.judgement import Judgement, in_force, parse_judgements
from grader.scoring.totals import add_up, band, close, publish, ranges, total

__all__ = ["Judgement", "Scorer", "parse_judgements", "possible_points", "score"]


def score(
    rubric: Rubric,
    evidence: Evidence,
    *,
    level: str | None = None,
    judgements: Sequence[Judgement] = (),
) -> Report:
    """Make the report of one grading. `judgements` come in the order in which they were made.

    Evidence of a grading that did not come to an end gives a report without a score: that is no zero.

    Raises:
        UnknownLevel: the rubric has no such seniority level.
    """
    return Scorer(rubric, level).score(evidence, judgements)


class Scorer:
    """`score` for many gradings: what depends on the rubric alone is worked out once.

    Raises:
        UnknownLevel: the rubric has no such seniority level.
    """

    def __init__(self, rubric: Rubric, level: str | None = None) -> None:
        self._rubric = at_level(rubric, level)
        applied = rubric.levels[level] if level is not None else None
        self._identity = RubricId(
            name=rubric.name,
            title=rubric.title,
            version=rubric.version,
            digest=digest(rubric),
            level=level,
            expects=(applied.announced or "") if applied else "",
        )

    def score(self, evidence: Evidence, judgements: Sequence[Judgement] = ()) -> Report:
        """See `score`."""
        rubric = self._rubric
        evidence = _ordered(evidence)
        if evidence.outcome is not Outcome.GRADED:
            return Report(
                outcome=evidence.outcome, reason=evidence.reason, rubric=self._identity, evidence=evidence
            )
        decided = in_force(judgements)
        sums = tuple(add_up(criterion, evidence, decided) for criterion in rubric.criteria)
        gates = tuple(close(gate, evidence, decided.get(gate.id)) for gate in rubric.gates)
        result, share = total(sums, gates)
        reached = band(rubric.bands, share, provisional=result.pending > 0)
        report = Report(
            outcome=evidence.outcome,
            reason=evidence.reason,
            score=result,
            band=reached,
            recommendation=reached.recommendation if reached else None,
            gates=tuple(gate.public for gate in gates),
            criteria=tuple(publish(each, rubric.words) for each in sums),
            attention=tuple(remarks(rubric, evidence, sums, decided)),
            rubric=self._identity,
            evidence=evidence,
        )
        return report.model_copy(update={"questions": ask(report)})


def possible_points(rubric: Rubric, level: str | None = None) -> dict[str, tuple[float, float]]:
    """By item, what a person may give at least and at most, rounded as reports show it.

    Raises:
        UnknownLevel: the rubric has no such seniority level.
    """
    return ranges(at_level(rubric, level).criteria)


def _ordered(evidence: Evidence) -> Evidence:
    """Sort the two mappings in it: a store that forgets their order must not change a byte of the report."""
    environment, reading = evidence.environment, evidence.reading
    versions = dict(sorted(environment.versions.items()))
    changed: dict[str, Fact] = {"environment": environment.model_copy(update={"versions": versions})}
    if reading is not None:
        figures = dict(sorted(reading.figures.items()))
        changed["reading"] = reading.model_copy(update={"figures": figures})
    return evidence.model_copy(update=changed)
