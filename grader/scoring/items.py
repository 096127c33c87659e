"""From one item of the rubric to its exact points and the reason for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

from grader.evidence import Evidence
from grader.measures import CATALOGUE, Measured
from grader.measures.measure import percent
from grader.report import Choice, Item, ItemStatus, Override
from grader.rubric.model import Condition, Deduction, Human, Scaled, YesNo
from grader.rubric.model import Item as RubricItem
from grader.scoring.judgement import Judgement

UNCURVED = ((Fraction(0), Fraction(0)), (Fraction(1), Fraction(1)))
NOTHING = Measured(None, "")


@dataclass(frozen=True)
class Verdict:
    """An item with its exact points. `most` is what it can give and `least` below 0 only for a penalty."""

    item: RubricItem
    most: Fraction
    least: Fraction
    status: ItemStatus
    points: Fraction
    why: str
    measured: Measured = NOTHING
    override: Override | None = None
    complaint: str = ""
    """Why a person's judgement could not be used."""

    @property
    def counts(self) -> bool:
        return self.status != "needs_human"


def judge(
    item: RubricItem,
    needs: Sequence[Condition],
    factor: Fraction,
    evidence: Evidence,
    judgement: Judgement | None,
) -> Verdict:
    """Judge `item`; all its points are multiplied by `factor`. A person's judgement wins over the measure."""
    verdict = _ask(item, factor) if isinstance(item, Human) else _measure(item, needs, factor, evidence)
    return verdict if judgement is None else _overridden(verdict, judgement)


def bounds(item: RubricItem, factor: Fraction) -> tuple[Fraction, Fraction]:
    """The least and the most that `item` can give."""
    least = min(Fraction(0), item.points - _cap(item)) if isinstance(item, Deduction) else Fraction(0)
    return least * factor, item.points * factor


def measured(condition: Condition, evidence: Evidence) -> Measured:
    """Compute the measure of a condition."""
    return CATALOGUE[condition.measure].of(evidence, condition.with_)


def _ask(item: Human, factor: Fraction) -> Verdict:
    why = "Waits for a person."
    return Verdict(item, item.points * factor, Fraction(0), "needs_human", Fraction(0), why)


def _measure(
    item: YesNo | Scaled | Deduction, needs: Sequence[Condition], factor: Fraction, evidence: Evidence
) -> Verdict:
    name, given = (
        (item.condition.measure, item.condition.with_)
        if isinstance(item, YesNo)
        else (item.measure, item.with_)
    )
    found = CATALOGUE[name].of(evidence, given)
    least, most = bounds(item, factor)
    verdict = Verdict(item, most, least, "judged", Fraction(0), found.why, found)
    if found.value is None:
        return replace(verdict, status="needs_human" if found.for_a_person else "not_judged")
    points, why = _points(item, found.value)
    verdict = replace(verdict, points=points * factor, why=f"{found.why} {why(factor)}".strip())
    for needed in needs:
        checked = _when_needed(verdict, needed, evidence)
        if checked is not verdict:
            return checked
    return verdict


def _when_needed(verdict: Verdict, needs: Condition, evidence: Evidence) -> Verdict:
    """Take the points away, but no penalty, unless what the item needs is known to hold."""
    found = measured(needs, evidence)
    if found.value is not None and needs.holds(found.value):
        return verdict
    if found.for_a_person:
        return replace(verdict, status="needs_human", points=Fraction(0), why=found.why, measured=found)
    why = f"Gives nothing unless {spoken(needs)}. {found.why}"
    return replace(verdict, points=min(verdict.points, Fraction(0)), why=why, measured=found)


def _points(item: YesNo | Scaled | Deduction, value: Fraction) -> tuple[Fraction, Any]:
    """Give the unscaled points, and what to say of them once the factor is known."""
    match item:
        case YesNo():
            held = item.condition.holds(value)
            words = "" if held else f"Asked for: {spoken(item.condition)}."
            return (item.points if held else Fraction(0)), lambda _: words
        case Scaled():
            return item.points * along(item.scale or UNCURVED, value), lambda _: ""
        case Deduction():
            lost = min(_cap(item), item.each * max(Fraction(0), value - item.free))
            capped = " (no more than that)" if lost == _cap(item) else ""
            return item.points - lost, lambda factor: f"{shown(lost * factor)} off{capped}." if lost else ""


def _cap(item: Deduction) -> Fraction:
    return item.points if item.cap is None else item.cap


def along(curve: tuple[tuple[Fraction, Fraction], ...], value: Fraction) -> Fraction:
    """Follow straight lines through `curve`, flat before its first and after its last point."""
    if value <= curve[0][0]:
        return curve[0][1]
    for (left, low), (right, high) in pairwise(curve):
        if value <= right:
            return low + (high - low) * (value - left) / (right - left)
    return curve[-1][1]


def _overridden(verdict: Verdict, judgement: Judgement) -> Verdict:
    override = Override(
        by=judgement.by,
        reason=judgement.reason,
        choice=judgement.choice,
        measured_points=None if isinstance(verdict.item, Human) else display(verdict.points),
    )
    points, complaint = _decided(verdict, judgement)
    if points is None:
        why = f"The judgement of {judgement.by} no longer fits: {complaint} A person must look again."
        return replace(verdict, status="needs_human", points=Fraction(0), why=why, complaint=complaint)
    why = f"{judgement.by}: {judgement.reason}"
    return replace(verdict, status="judged", points=points, why=why, override=override)


def _decided(verdict: Verdict, judgement: Judgement) -> tuple[Fraction | None, str]:
    if judgement.points is not None:
        if verdict.least <= judgement.points <= verdict.most:
            return judgement.points, ""
        for end in (verdict.least, verdict.most):
            if display(end) == display(judgement.points):
                return end, ""  # people type what they are shown, and that is rounded
        bounds = f"{shown(verdict.least)} to {shown(verdict.most)}"
        return None, f"{shown(judgement.points)} points, where {bounds} are possible."
    if isinstance(verdict.item, Human) and judgement.choice is not None:
        for choice in verdict.item.choices:
            if choice.id == judgement.choice:
                return choice.share * verdict.most, ""
        return None, f"there is no choice `{judgement.choice}`."
    return None, "an item of this kind takes points."


def display(points: Fraction) -> float:
    """Round to two decimals, half to even."""
    return float(round(points, 2))


def shown(points: Fraction) -> str:
    """Write points as people do: 2, 0.5, 1.33."""
    return f"{display(points):g}"


def spoken(condition: Condition) -> str:
    """Write a condition in words."""
    measure = CATALOGUE[condition.measure]
    bounds = {
        "at least": condition.at_least,
        "at most": condition.at_most,
        "above": condition.above,
        "below": condition.below,
        "exactly": condition.equals,
    }
    write = percent if measure.unit == "share" else shown
    said = " and ".join(f"{word} {write(bound)}" for word, bound in bounds.items() if bound is not None)
    return f"{measure.title}: {said}"


def published(verdict: Verdict) -> Item:
    """Round and write out a verdict for the report."""
    item = verdict.item
    human = item if isinstance(item, Human) else None
    return Item(
        id=item.id,
        title=item.title,
        kind=item.kind,
        status=verdict.status,
        points=display(verdict.points),
        max=display(verdict.most),
        why=verdict.why,
        measure=_measure_name(item),
        question=human.question if human else None,
        choices=tuple(
            Choice(id=choice.id, text=choice.text, points=display(choice.share * verdict.most))
            for choice in (human.choices if human else ())
        ),
        evidence=verdict.measured.links,
        evidence_left_out=verdict.measured.left_out,
        explanation=item.explain,
        override=verdict.override,
    )


def _measure_name(item: RubricItem) -> str | None:
    match item:
        case YesNo():
            return item.condition.measure
        case Scaled() | Deduction():
            return item.measure
        case Human():
            return None
