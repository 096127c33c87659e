"""Which part of a submission its author answers for, and whether all of it could be read.

Measures that are best at zero look perfect on nothing, and on a file that stops every parser. So they have a
value only when there is source of the candidate's own and none of it is unreadable.
"""

from __future__ import annotations

from typing import Literal

from grader.evidence import Evidence, Reading
from grader.measures.measure import Measured, Parameters, one_line, unknown

Where = Literal["source", "tests", "all"]


class Place(Parameters):
    where: Where = "source"
    """`source`: everything but tests · `tests`: test files only · `all`."""


def own_reading(evidence: Evidence) -> Reading | Measured:
    """Give the reading when it covers all source that the candidate wrote, else say why not."""
    if evidence.reading is None:
        return unknown("The files were not read.")
    files = evidence.submission.files
    own = {file.path for file in files if file.kind == "source" and file.from_starter != "same"}
    if not own:
        return unknown("There is no source of the candidate's own to judge.")
    others = {file.path for file in files} - own
    for entry in evidence.reading.unreadable:
        if entry.name not in others:
            return unknown(f"{one_line(entry.name)} could not be read: {one_line(entry.reason)}.")
    return evidence.reading


def in_place(evidence: Evidence, path: str, where: Where) -> bool:
    """Tell whether the file `path` is among those that `where` asks for."""
    if where == "all":
        return True
    is_test = any(file.path == path and file.kind == "test" for file in evidence.submission.files)
    return is_test == (where == "tests")


def own_paths(evidence: Evidence, where: Where) -> set[str]:
    """List the files that the candidate added or changed."""
    return {
        file.path
        for file in evidence.submission.files
        if file.from_starter != "same" and in_place(evidence, file.path, where)
    }
