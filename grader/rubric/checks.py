"""What makes sense in a rubric, beyond being well formed: measures exist, ids are unique, points can be had.

Each remark says where (a location in the rubric), what is wrong and what to do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from pydantic import ValidationError

from grader.measures import CATALOGUE
from grader.rubric.model import (
    Band,
    Condition,
    Criterion,
    Deduction,
    Human,
    Item,
    Rubric,
    Scaled,
    Word,
    YesNo,
)
from grader.yaml_source import Location, did_you_mean


@dataclass(frozen=True)
class Remark:
    """One thing wrong. `entry` is the id of the criterion, item, gate or band that it is about."""

    location: Location
    message: str
    hint: str = ""
    entry: str = ""


def check(rubric: Rubric) -> Iterator[Remark]:
    """Yield everything that is wrong with the base of `rubric`; `grader.rubric.source` adds its levels."""
    yield from _unique_ids(rubric)
    for index, criterion in enumerate(rubric.criteria):
        yield from _criterion(criterion, ("criteria", index))
    for index, gate in enumerate(rubric.gates):
        yield from _condition(gate.unless, ("gates", index, "unless"), gate.id)
    yield from _thresholds(rubric.bands, ("bands",))
    yield from _thresholds(rubric.words, ("words",))


def not_announced(rubric: Rubric, brief: str) -> tuple[Criterion, ...]:
    """List the criteria whose `announced` sentence does not stand in `brief`.

    White space, emphasis marks and upper or lower case make no difference.
    """
    plain = _plain(brief)
    return tuple(criterion for criterion in rubric.criteria if _plain(criterion.announced) not in plain)


def levels_not_announced(rubric: Rubric, brief: str) -> tuple[str, ...]:
    """List the levels of which `brief` does not say what is expected, compared as in `not_announced`."""
    plain = _plain(brief)
    return tuple(
        name
        for name, level in rubric.levels.items()
        if level.announced is None or _plain(level.announced) not in plain
    )


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[*_`>#]", "", text).lower().split())


def _unique_ids(rubric: Rubric) -> Iterator[Remark]:
    """Items and gates share one name space, because judgements are addressed to either."""
    seen: set[str] = set()
    places: list[tuple[str, Location]] = [
        (item.id, ("criteria", c, "items", i, "id"))
        for c, criterion in enumerate(rubric.criteria)
        for i, item in enumerate(criterion.items)
    ]
    places += [(gate.id, ("gates", g, "id")) for g, gate in enumerate(rubric.gates)]
    for name, location in places:
        if name in seen:
            hint = "Ids of items and gates must differ across the whole rubric."
            yield Remark(location, f"the id `{name}` is used twice.", hint, name)
        seen.add(name)
    names = [criterion.id for criterion in rubric.criteria]
    for index, name in enumerate(names):
        if name in names[:index]:
            yield Remark(("criteria", index, "id"), f"the criterion `{name}` is there twice.", entry=name)


def _criterion(criterion: Criterion, location: Location) -> Iterator[Remark]:
    if not any(item.points for item in criterion.items):
        hint = "Give at least one item `points`; a penalty needs something to be taken from."
        yield Remark(location, f"the criterion `{criterion.id}` has no points to give.", hint, criterion.id)
    if criterion.weight == 0:
        yield Remark((*location, "weight"), "a weight must be above 0.", "Drop the criterion.", criterion.id)
    if criterion.needs is not None:
        yield from _condition(criterion.needs, (*location, "needs"), criterion.id)
    for index, item in enumerate(criterion.items):
        yield from _item(item, criterion, (*location, "items", index))


def _item(item: Item, criterion: Criterion, location: Location) -> Iterator[Remark]:
    if isinstance(item, Human):
        yield from _choices(item, location)
        return
    if item.needs is not None:
        yield from _condition(item.needs, (*location, "needs"), item.id)
    if isinstance(item, YesNo):
        yield from _condition(item.condition, (*location, "condition"), item.id)
    else:
        yield from _measure(item.measure, item.with_, location, item.id)
    if isinstance(item, Scaled):
        yield from _scale(item, location)
    if isinstance(item, Deduction):
        yield from _deduction(item, location)
    yield from _needs(item, criterion, location)


def _needs(item: YesNo | Scaled | Deduction, criterion: Criterion, location: Location) -> Iterator[Remark]:
    """An empty file has no lint findings: such points are only for code that does something."""
    name = item.condition.measure if isinstance(item, YesNo) else item.measure
    measure = CATALOGUE.get(name)
    if measure and measure.good_when_empty and item.points and not (item.needs or criterion.needs):
        hint = "Add, here or at the criterion, `needs: {measure: hidden_tests.share, at_least: 50 %}`."
        message = f"`{name}` is best on an empty submission, which must not earn points."
        yield Remark(location, message, hint, item.id)


def _condition(condition: Condition, location: Location, entry: str) -> Iterator[Remark]:
    bounds = (condition.at_least, condition.at_most, condition.above, condition.below, condition.equals)
    if all(bound is None for bound in bounds):
        hint = "Give one of at_least, at_most, above, below, equals."
        yield Remark(location, "the condition has no bound.", hint, entry)
    yield from _measure(condition.measure, condition.with_, location, entry)


def _measure(name: str, given: dict[str, Any], location: Location, entry: str) -> Iterator[Remark]:
    measure = CATALOGUE.get(name)
    if measure is None:
        hint = did_you_mean(name, CATALOGUE) or "docs/rubrics.md lists them all."
        yield Remark((*location, "measure"), f"there is no measure `{name}`.", hint, entry)
        return
    try:
        measure.parameters.model_validate(given)
    except ValidationError as error:
        fields = list(measure.parameters.model_fields)
        for details in error.errors(include_url=False):
            parameter = str(details["loc"][0]) if details["loc"] else ""
            hint = did_you_mean(parameter, fields) if details["type"] == "extra_forbidden" else ""
            takes = f"It takes {', '.join(fields)}." if fields else "It takes none."
            message = f"`{name}` does not take this `{parameter}`: {details['msg'].lower()}."
            yield Remark((*location, "with", *details["loc"]), message, hint or takes, entry)


def _scale(item: Scaled, location: Location) -> Iterator[Remark]:
    measure = CATALOGUE.get(item.measure)
    place = (*location, "scale")
    if not item.scale:
        if measure is not None and measure.unit != "share":
            hint = "For example [[10, 1], [20, 0]]: all points up to 10, none from 20 on."
            yield Remark(place, f"`{item.measure}` is no share, so a `scale` is needed.", hint, item.id)
        return
    values = [value for value, _ in item.scale]
    if len(values) < 2 or any(low >= high for low, high in pairwise(values)):
        yield Remark(place, "a scale needs two or more values, each above the one before.", "", item.id)
    if max(share for _, share in item.scale) != 1:
        yield Remark(place, "no value of the scale gives all points.", "Let one share be 1.", item.id)


def _deduction(item: Deduction, location: Location) -> Iterator[Remark]:
    if item.each == 0:
        yield Remark((*location, "each"), "`each` must be above 0.", "", item.id)
    if item.points == 0 and item.cap is None:
        yield Remark(location, "a penalty (`points: 0`) needs a `cap`.", "", item.id)


def _choices(item: Human, location: Location) -> Iterator[Remark]:
    names = [choice.id for choice in item.choices]
    for index, name in enumerate(names):
        if name in names[:index]:
            yield Remark(
                (*location, "choices", index, "id"), f"the choice `{name}` is there twice.", "", item.id
            )
    if max(choice.share for choice in item.choices) != 1:
        yield Remark((*location, "choices"), "no choice gives all points.", "Let one share be 1.", item.id)


def _thresholds(entries: Sequence[Band] | Sequence[Word], location: Location) -> Iterator[Remark]:
    starts = [entry.from_ for entry in entries]
    if starts and 0 not in starts:
        yield Remark(
            location, "nothing is said from 0 on.", "Let one begin with `from: 0`.", str(location[0])
        )
    for index, start in enumerate(starts):
        if start in starts[:index]:
            message = f"two begin at {float(start):g}."
            yield Remark(
                (*location, index, "from"), message, "Each needs a start of its own.", str(location[0])
            )
