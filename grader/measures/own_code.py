"""Which part of a submission its author answers for, and whether all of it could be read.

Measures that are best at zero look perfect on nothing, and on a file that stops every parser. So they have a
value only when there is source of the candidate's own and none of it is unreadable.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from grader.evidence import Evidence, Reading
from grader.measures.measure import Measured, Parameters, one_line, unknown

Where = Literal["source", "tests", "all"]


class Place(Parameters):
    where: Where = "source"
    """`source`: everything but tests · `tests`: test files only · `all`."""
    starter: bool = False
    """Count what is left of the starter as well: for tasks in which given code is to be improved."""


def own_reading(evidence: Evidence, where: Where) -> Reading | Measured:
    """Give the reading when it covers what the candidate wrote, else say why not.

    Judged by its source, or with `tests` by its test files: a broken file among the test data of sound code
    must not take the lint points away.
    """
    if evidence.reading is None:
        return unknown("The files were not read.")
    kind = "test" if where == "tests" else "source"
    files = evidence.submission.files
    own = {file.path for file in files if file.kind == kind and file.from_starter != "same"}
    if not own:
        return unknown(f"There is no {kind} of the candidate's own to judge.")
    others = {file.path for file in files} - own
    for entry in evidence.reading.unreadable:
        if entry.name not in others:
            return unknown(f"{one_line(entry.name)} could not be read: {one_line(entry.reason)}.")
    return evidence.reading


def in_place(evidence: Evidence, where: Where) -> Callable[[str], bool]:
    """Give the test of a path for `where`. It may be of a file that is not there: a missing README."""
    tests = {file.path for file in evidence.submission.files if file.kind == "test"}
    return lambda path: where == "all" or (path in tests) == (where == "tests")


def own_paths(evidence: Evidence, place: Place) -> set[str]:
    """List the files for `place` that the candidate added or changed; with `starter`, all of them."""
    fits = in_place(evidence, place.where)
    files = evidence.submission.files
    return {file.path for file in files if (place.starter or file.from_starter != "same") and fits(file.path)}
