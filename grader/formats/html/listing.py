"""The submitted files as listings with line numbers, remarks under lines, and gaps where the page would burst."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from grader.formats.html.highlight import coloured, decode, lines_of
from grader.formats.html.remarks import Remark, Remarks
from sandbox.contract import Files

WHOLE = 1_000
"""Files with more lines are shown in part: their beginning, and what stands around remarks."""
IN_ALL = 8_000
"""Lines of one page. Files after that are named only."""
BEGINNING = 60
AROUND = 3
FILES = 300


@dataclass(frozen=True)
class Line:
    number: int
    code: Markup
    missed: bool
    """The candidate's tests never ran it."""
    remarks: tuple[Remark, ...]


@dataclass(frozen=True)
class Gap:
    """Lines that are not shown, both ends included."""

    first: int
    last: int


@dataclass(frozen=True)
class Listing:
    anchor: str
    path: str
    size: int
    lines: int
    notes: tuple[str, ...]
    """Why the file is not shown as it is: binary, odd encoding, too long."""
    rows: tuple[Line | Gap, ...]
    remarks: int
    """Remarks on shown lines."""
    elsewhere: tuple[Remark, ...]
    """Remarks on lines that the file does not have."""


@dataclass(frozen=True)
class Book:
    """All listings of a page, and where each line is on it."""

    listings: tuple[Listing, ...]
    left_out: int
    anchors: Mapping[tuple[str, int], str]
    files: Mapping[str, str]

    def find(self, path: str | None, line: int | None = None) -> str | None:
        """Give the anchor of a line, of its file if the line is not shown, None if there is no such file."""
        if path is None:
            return None
        at = self.anchors.get((path, line)) if line is not None else None
        return at or self.files.get(path)


def book(order: Sequence[str], files: Files, remarks: Remarks, missed: Mapping[str, frozenset[int]]) -> Book:
    """Make the listings of `files` in `order` (paths; those that `files` lacks are passed over).

    Args:
        missed: path → lines that the candidate's tests never ran.
    """
    present = [path for path in order if path in files]
    budget = IN_ALL
    listings: list[Listing] = []
    for number, path in enumerate(present[:FILES]):
        made = _listing(f"f{number}", path, files[path], remarks.get(path, {}), missed.get(path, frozenset()), budget)
        budget -= sum(isinstance(row, Line) for row in made.rows)
        listings.append(made)
    anchors = {
        (one.path, row.number): f"{one.anchor}L{row.number}"
        for one in listings
        for row in one.rows
        if isinstance(row, Line)
    }
    by_path = {one.path: one.anchor for one in listings}
    return Book(tuple(listings), len(present) - len(listings), anchors, by_path)


def _listing(
    anchor: str,
    path: str,
    data: bytes,
    remarks: Mapping[int, tuple[Remark, ...]],
    missed: frozenset[int],
    budget: int,
) -> Listing:
    if b"\0" in data:
        elsewhere = tuple(remark for here in remarks.values() for remark in here)
        return Listing(anchor, path, len(data), 0, ("A binary file: not shown.",), (), 0, elsewhere)
    text, clean = decode(data)
    lines = lines_of(text)
    shown = _shown(len(lines), sorted(remarks), budget)
    marked = coloured(lines, path) if shown else []
    rows = _rows(marked, shown, remarks, missed)
    notes = () if clean else ("Not UTF-8: bytes that do not fit are shown as \N{REPLACEMENT CHARACTER}.",)
    if len(shown) < len(lines):
        notes += (f"{len(shown):,} of {len(lines):,} lines are shown: the beginning and what has remarks.",)
    held = sum(len(row.remarks) for row in rows if isinstance(row, Line))
    known = set(shown)
    elsewhere = tuple(remark for line, here in sorted(remarks.items()) if line not in known for remark in here)
    return Listing(anchor, path, len(data), len(lines), notes, rows, held, elsewhere)


def _shown(count: int, remarked: Sequence[int], budget: int) -> list[int]:
    """Choose the line numbers to show: all of a file that fits, else its beginning and surroundings of remarks."""
    if count <= min(WHOLE, budget):
        return list(range(1, count + 1))
    room = min(WHOLE, budget)
    chosen = set(range(1, min(BEGINNING, count, room) + 1))
    for line in remarked:
        around = set(range(max(1, line - AROUND), min(count, line + AROUND) + 1)) - chosen
        if len(chosen) + len(around) > room:
            break
        chosen |= around
    return sorted(chosen)


def _rows(
    lines: Sequence[Markup],
    shown: Sequence[int],
    remarks: Mapping[int, tuple[Remark, ...]],
    missed: frozenset[int],
) -> tuple[Line | Gap, ...]:
    rows: list[Line | Gap] = []
    before = 0
    for number in shown:
        if number > before + 1:
            rows.append(Gap(before + 1, number - 1))
        rows.append(Line(number, lines[number - 1], number in missed, remarks.get(number, ())))
        before = number
    if before < len(lines):
        rows.append(Gap(before + 1, len(lines)))
    return tuple(rows)
