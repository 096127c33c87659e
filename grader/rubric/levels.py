"""Seniority levels: a rubric that says "junior" or "senior" made into a plain one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from grader.rubric.model import Entry, Level, Rubric

Plain = dict[str, Any]


class UnknownLevel(Exception):
    """The rubric has no seniority level of this name."""


def at_level(rubric: Rubric, name: str | None) -> Rubric:
    """Apply the level `name` (None: the base) and drop the levels.

    Raises:
        UnknownLevel: the rubric does not define it.
        pydantic.ValidationError: what the level changes does not fit the entry it changes.
    """
    base = _plain(rubric)
    base.pop("levels", None)
    if name is None:
        return Rubric.model_validate(base)
    if name not in rubric.levels:
        known = ", ".join(sorted(rubric.levels)) or "none"
        raise UnknownLevel(f"The rubric `{rubric.name}` has no level `{name}`. It has: {known}.")
    level = rubric.levels[name]
    base["criteria"] = [
        _with_items(criterion, level) for criterion in _changed(base["criteria"], level.criteria)
    ]
    base["gates"] = _changed(base.get("gates", ()), level.gates)
    for field in ("bands", "words"):
        replacement = getattr(level, field)
        if replacement is not None:
            base[field] = replacement
    return Rubric.model_validate(base)


def _with_items(criterion: Plain, level: Level) -> Plain:
    items = _changed(criterion["items"], level.items)
    return {**criterion, "items": [*items, *level.add_items.get(criterion["id"], ())]}


def _changed(entries: Iterable[Entry], changes: Mapping[str, Entry]) -> list[Plain]:
    kept = []
    for entry in map(_plain, entries):
        change = _plain(changes[entry["id"]]) if entry["id"] in changes else {}
        if not change.pop("drop", False):
            kept.append({**entry, **change})
    return kept


def _plain(entry: Entry) -> Plain:
    """Give the fields that were written, so that defaults of a change replace nothing."""
    return {name: getattr(entry, name) for name in entry.model_fields_set}
