"""From the reading program's plain JSON to evidence. The reading seat parsed hostile bytes, so it is not trusted:
shape, sizes and file names are checked again here, where nothing was parsed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from typing import Any

from pydantic import ValidationError

from grader.evidence import Reading

LIMITS = {
    "findings": 4_000,
    "suppressions": 500,
    "functions": 4_000,
    "files": 400,
    "landmarks": 300,
    "unreadable": 500,
}
"""Entries of each kind; the reading program keeps to them and says what it left out."""
MAX_TEXT = 1_000
"""Characters of any one text."""
MAX_FIGURES = 100
MAX_FIGURE = 1e12
MAX_ASSERTIONS = 4_000
MAX_TEST_ID = 5_000
# Findings about something that is missing name the file that should be there; limits name the whole submission.
NAMES_OF_NO_FILE = frozenset({"README.md", "."})

_FIGURE_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")


class BadFacts(Exception):
    """The reading program said something that cannot be: a fault on our side, or it was taken over."""


def reading_of(facts: Mapping[str, Any], paths: Collection[str]) -> Reading:
    """The evidence in `facts`, for a submission that consists of the files `paths`.

    Raises:
        BadFacts: unknown or missing fields, wrong types, too many or too long entries, figures that are no
            counts, or places in files that the submission does not have.
    """
    known = {**facts}
    for other in ("assertions", "mutants", "possible_mutants"):
        known.pop(other, None)
    for name, limit in LIMITS.items():
        entries = known.get(name, [])
        if not isinstance(entries, list) or len(entries) > limit:
            raise BadFacts(f"`{name}` is not a list of at most {limit:,} entries")
    _check_figures(known.get("figures", {}))
    try:
        reading = Reading.model_validate(known)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))[:200]
        raise BadFacts(f"facts of the reading do not fit: {where}: {first['msg']}") from error
    _check_places(reading, set(paths))
    _check_texts(reading)
    return reading


def assertions_of(facts: Mapping[str, Any]) -> dict[str, int]:
    """Assertions in the source of the candidate's tests, by pytest node id without parameters.

    Raises:
        BadFacts: as above.
    """
    counts = facts.get("assertions", {})
    if not isinstance(counts, dict) or len(counts) > MAX_ASSERTIONS:
        raise BadFacts(f"`assertions` is not an object of at most {MAX_ASSERTIONS:,} entries")
    for test, count in counts.items():
        if not isinstance(test, str) or len(test) > MAX_TEST_ID or type(count) is not int or count < 0:
            raise BadFacts("`assertions` holds something other than counts")
    return dict(counts)


def _check_figures(figures: Any) -> None:
    if not isinstance(figures, dict) or len(figures) > MAX_FIGURES:
        raise BadFacts(f"`figures` is not an object of at most {MAX_FIGURES} entries")
    for name, value in figures.items():
        number = type(value) in {int, float} and math.isfinite(value) and 0 <= value <= MAX_FIGURE
        if not (isinstance(name, str) and _FIGURE_NAME.fullmatch(name) and number):
            raise BadFacts(f"the figure {str(name)[:60]!r} is no count")


def _check_places(reading: Reading, paths: set[str]) -> None:
    named = [
        *(finding.place.path for finding in reading.findings),
        *(suppression.place.path for suppression in reading.suppressions),
        *(function.place.path for function in reading.functions),
        *(file.path for file in reading.files),
        *(landmark.place.path for landmark in reading.landmarks),
    ]
    for path in named:
        if path not in paths and path not in NAMES_OF_NO_FILE:
            raise BadFacts(f"a fact about {path[:200]!r}, which the submission does not have")
    for file in reading.files:
        if not math.isfinite(file.maintainability):
            raise BadFacts(f"maintainability of {file.path[:200]!r} is no number")


def _check_texts(reading: Reading) -> None:
    texts = [
        *(
            text
            for finding in reading.findings
            for text in (finding.rule, finding.message, finding.url or "")
        ),
        *(landmark.name for landmark in reading.landmarks),
        *(suppression.text for suppression in reading.suppressions),
        *(text for entry in reading.unreadable for text in (entry.name, entry.reason)),
    ]
    if any(len(text) > MAX_TEXT for text in texts):
        raise BadFacts(f"a text of more than {MAX_TEXT:,} characters")
    names = (function.name for function in reading.functions)
    if any(len(name) > MAX_TEST_ID for name in names):
        raise BadFacts(f"the name of a function of more than {MAX_TEST_ID:,} characters")
