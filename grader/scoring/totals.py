"""From verdicts to criteria, gates, the total and its band."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

from grader.evidence import Evidence
from grader.measures.measure import percent
from grader.report import Band, Criterion, Gate, Override, Score
from grader.rubric.model import Band as RubricBand
from grader.rubric.model import Criterion as RubricCriterion
from grader.rubric.model import Gate as RubricGate
from grader.rubric.model import Human, Word
from grader.scoring.items import Verdict, bounds, display, judge, measured, published, spoken
from grader.scoring.judgement import Judgement

Threshold = TypeVar("Threshold", Word, RubricBand)


@dataclass(frozen=True)
class Sum:
    """A criterion with its verdicts, exactly."""

    criterion: RubricCriterion
    verdicts: tuple[Verdict, ...]

    @property
    def most(self) -> Fraction:
        return sum((verdict.most for verdict in self.verdicts if verdict.counts), Fraction(0))

    @property
    def pending(self) -> Fraction:
        return sum((verdict.most for verdict in self.verdicts if not verdict.counts), Fraction(0))

    @property
    def points(self) -> Fraction:
        """Penalties take from the criterion that they belong to, never from another."""
        return max(Fraction(0), sum((v.points for v in self.verdicts if v.counts), Fraction(0)))


@dataclass(frozen=True)
class GateVerdict:
    gate: RubricGate
    applies: bool
    public: Gate


def add_up(criterion: RubricCriterion, evidence: Evidence, judgements: Mapping[str, Judgement]) -> Sum:
    """Judge every item of `criterion`, scaled to its weight."""
    factor = _factor(criterion)
    verdicts = []
    for item in criterion.items:
        wanted = () if isinstance(item, Human) else (criterion.needs, item.needs)
        needs = [one for one in wanted if one is not None]
        verdicts.append(judge(item, needs, factor, evidence, judgements.get(item.id)))
    return Sum(criterion, tuple(verdicts))


def _factor(criterion: RubricCriterion) -> Fraction:
    given = sum((item.points for item in criterion.items), Fraction(0))
    return Fraction(1) if criterion.weight is None else criterion.weight / given


def ranges(criteria: Iterable[RubricCriterion]) -> dict[str, tuple[float, float]]:
    """What each item can get at least and at most, as it is shown."""
    found = {}
    for criterion in criteria:
        factor = _factor(criterion)
        for item in criterion.items:
            least, most = bounds(item, factor)
            found[item.id] = display(least), display(most)
    return found


def publish(total: Sum, words: Sequence[Word]) -> Criterion:
    """Round and write out a criterion for the report."""
    word = highest(words, total.points / total.most) if total.most else None
    return Criterion(
        id=total.criterion.id,
        title=total.criterion.title,
        why=total.criterion.announced,
        points=display(total.points),
        max=display(total.most),
        pending=display(total.pending),
        word=word.word if word else None,
        weight_why=total.criterion.weight_why or "",
        items=tuple(published(verdict) for verdict in total.verdicts),
    )


def close(gate: RubricGate, evidence: Evidence, judgement: Judgement | None) -> GateVerdict:
    """Find out whether `gate` bounds the total: unless its condition is known to hold, or a person waives it."""
    found = measured(gate.unless, evidence)
    holds = found.for_a_person or (found.value is not None and gate.unless.holds(found.value))
    waived = judgement if judgement is not None and judgement.waive else None
    applies = not holds and waived is None
    bound = f"the total is at most {percent(gate.total_at_most)}"
    public = Gate(
        id=gate.id,
        title=gate.title,
        applied=applies,
        total_at_most=float(round(gate.total_at_most, 4)),
        why=f"{found.why} Asked for: {spoken(gate.unless)}; else {bound}.",
        evidence=found.links,
        waived=Override(by=waived.by, reason=waived.reason) if waived else None,
    )
    return GateVerdict(gate, applies, public)


def total(sums: Iterable[Sum], gates: Iterable[GateVerdict]) -> tuple[Score, Fraction | None]:
    """Add up, bound by the gates, and round. Also the exact share; None while nothing counts yet."""
    sums = tuple(sums)
    most = sum((each.most for each in sums), Fraction(0))
    points = sum((each.points for each in sums), Fraction(0))
    for gate in gates:
        if gate.applies:
            points = min(points, gate.gate.total_at_most * most)
    share = points / most if most else None
    score = Score(
        points=display(points),
        max=display(most),
        share=float(round(share or Fraction(0), 4)),
        pending=display(sum((each.pending for each in sums), Fraction(0))),
        exact=str(share or 0),
    )
    return score, share


def band(bands: Sequence[RubricBand], share: Fraction | None, *, provisional: bool) -> Band | None:
    """Find the band that `share` reaches."""
    found = highest(bands, share) if share is not None else None
    if found is None:
        return None
    return Band(id=found.id, title=found.title, recommendation=found.recommendation, provisional=provisional)


def highest(entries: Sequence[Threshold], share: Fraction) -> Threshold | None:
    """Of the entries that `share` reaches, give the one that begins highest."""
    reached = [entry for entry in entries if entry.from_ <= share]
    return max(reached, key=lambda entry: entry.from_, default=None)
