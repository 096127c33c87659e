"""From the text of `rubric.yaml` to a checked `Rubric`, and the identity of what it says."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

from pydantic import ValidationError

from grader.rubric.checks import Remark, check
from grader.rubric.levels import at_level
from grader.rubric.library import NO_LIBRARY, Library
from grader.rubric.model import Level, Rubric
from grader.rubric.uses import expand
from grader.yaml_source import Document, Location, Problem, SourceError, did_you_mean, load, spell, validate


def parse(text: str, name: str, library: Library = NO_LIBRARY) -> Rubric:
    """Read a rubric. `name` is how messages call the file; what it uses is taken from `library`.

    Raises:
        SourceError: something is wrong; it lists every problem with its line and a hint.
    """
    document = expand(load(text, name), library)
    rubric = validate(document, Rubric)
    found = [_problem(document, remark) for remark in check(rubric)]
    if not found:
        for level in rubric.levels:
            found += _level_problems(document, rubric, level)
    if found:
        raise SourceError(name, found)
    return rubric


def digest(rubric: Rubric) -> str:
    """Hash what the rubric says, levels included: comments, layout and spelled-out defaults do not count."""
    said = rubric.model_dump(mode="json", by_alias=True)
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _problem(document: Document, remark: Remark) -> Problem:
    known = document.known(remark.location)
    return Problem(document.line(known), document.where(known), remark.message, remark.hint)


def _level_problems(document: Document, rubric: Rubric, name: str) -> list[Problem]:
    place: Location = ("levels", name)
    unknown = [_problem(document, remark) for remark in _unknown_ids(rubric, rubric.levels[name], place)]
    if unknown:
        return unknown
    try:
        resolved = at_level(rubric, name)
    except ValidationError as error:
        return [
            Problem(
                document.line(place),
                spell(place),
                f"does not fit what it changes ({spell(details['loc'])}): {details['msg'].lower()}.",
            )
            for details in error.errors(include_url=False)
        ]
    return [_problem(document, _moved(document, remark, place)) for remark in check(resolved)]


def _moved(document: Document, remark: Remark, place: Location) -> Remark:
    """Point at the change that caused the remark, where that can be told, else at the level."""
    for group in ("items", "criteria", "gates"):
        change = (*place, group, remark.entry)
        if change in document.lines:
            return Remark(change, remark.message, remark.hint, remark.entry)
    return Remark(
        (*place, *remark.location[:1]), f"with this level, {remark.message}", remark.hint, remark.entry
    )


def _unknown_ids(rubric: Rubric, level: Level, place: Location) -> Iterator[Remark]:
    criteria = [criterion.id for criterion in rubric.criteria]
    known = {
        "criteria": criteria,
        "items": [item.id for criterion in rubric.criteria for item in criterion.items],
        "gates": [gate.id for gate in rubric.gates],
        "add_items": criteria,
    }
    for group, names in known.items():
        for name in getattr(level, group):
            if name not in names:
                message = f"there is nothing called `{name}` to change."
                yield Remark((*place, group, name), message, did_you_mean(name, names), name)
