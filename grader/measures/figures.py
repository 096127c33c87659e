"""Measures of named figures of the reading, and of the files that were handed in."""

from __future__ import annotations

from fnmatch import fnmatchcase
from fractions import Fraction
from math import isfinite

from pydantic import Field

from grader.evidence import Evidence
from grader.measures.measure import Measure, Measured, Parameters, counted, percent, unknown, value
from grader.measures.own_code import own_reading
from grader.report import EvidenceLink


class Figure(Parameters):
    name: str
    """Name of the figure."""


class TwoFigures(Parameters):
    of: str
    """Name of the figure above the line."""
    over: str
    """Name of the figure below the line."""


class FilePattern(Parameters):
    match: tuple[str, ...] = Field(min_length=1)
    """Patterns such as "README*" or "docs/*.md", compared with the whole path, upper and lower case alike."""
    min_bytes: int = Field(default=1, ge=0)
    """Smaller files do not count."""


def _figures(evidence: Evidence, *names: str) -> list[Fraction] | Measured:
    reading = own_reading(evidence, "all")
    if isinstance(reading, Measured):
        return reading
    for name in names:
        if name not in reading.figures:
            return unknown(f"The reading has no figure `{name}`.")
        if not isfinite(reading.figures[name]):
            return unknown(f"The figure `{name}` is no number.")
    return [Fraction(reading.figures[name]) for name in names]


def _spoken(name: str) -> str:
    return name.replace("_", " ")


def _value(evidence: Evidence, given: Figure) -> Measured:
    figures = _figures(evidence, given.name)
    if isinstance(figures, Measured):
        return figures
    return value(figures[0], f"{_spoken(given.name)}: {float(figures[0]):g}.")


def _ratio(evidence: Evidence, given: TwoFigures) -> Measured:
    figures = _figures(evidence, given.of, given.over)
    if isinstance(figures, Measured):
        return figures
    of, over = figures
    if over <= 0:
        return unknown(f"There is nothing to compare: {_spoken(given.over)} is {float(over):g}.")
    why = (
        f"{_spoken(given.of)}: {float(of):g} of {float(over):g} {_spoken(given.over)} ({percent(of / over)})."
    )
    return value(of / over, why)


def _files(evidence: Evidence, given: FilePattern) -> Measured:
    found = [
        file
        for file in evidence.submission.files
        if file.from_starter != "same"
        and file.size >= given.min_bytes
        and any(fnmatchcase(file.path.lower(), pattern.lower()) for pattern in given.match)
    ]
    links = [EvidenceLink(kind="file", ref=f.path, path=f.path, text=f"{f.size} bytes") for f in found]
    why = f"{counted(len(found), 'file')} new or changed that match {', '.join(given.match)}."
    return value(len(found), why, links)


MEASURES: tuple[Measure[Figure] | Measure[TwoFigures] | Measure[FilePattern], ...] = (
    Measure(
        "figures.value", "number", "one named figure of the reading", Figure, _value, good_when_empty=True
    ),
    Measure(
        "figures.ratio", "number", "one figure divided by another", TwoFigures, _ratio, good_when_empty=True
    ),
    Measure("files.count", "count", "files of the candidate's own that match a pattern", FilePattern, _files),
)
