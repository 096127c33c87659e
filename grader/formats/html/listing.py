"""The submitted files as listings with line numbers, remarks under lines, and gaps where the page would burst."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from grader.formats.html.highlight import decode, marked, split_lines
from grader.formats.html.remarks import Remark, Remarks
from sandbox.contract import Files

WHOLE = 1_000
"""Files with more lines are shown in part: their beginning, and what stands around remarks."""
IN_ALL = 8_000
"""Lines of one page. Files after that are named only."""
COLOURED_IN_ALL = 150_000
"""Characters of one page that are coloured."""
FILE_BYTES = 2 * 2**20
"""Bytes of one file that are looked at."""
BYTES_IN_ALL = 16 * 2**20
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

    def href(self, path: str | None, line: int | None = None) -> str | None:
        """Give the address of what `find` finds."""
        anchor = self.find(path, line)
        return f"#{anchor}" if anchor else None


def book(order: Sequence[str], files: Files, remarks: Remarks, missed: Mapping[str, frozenset[int]]) -> Book:
    """Make the listings of `files` in `order` (paths; those that `files` lacks are passed over).

    `missed` has, by path, the lines that the candidate's tests never ran.
    """
    present = [path for path in order if path in files]
    room = _Room()
    listings = [
        _listing(
            f"f{number}",
            path,
            files[path],
            _Known(remarks.get(path, {}), missed.get(path, frozenset())),
            room,
        )
        for number, path in enumerate(present[:FILES])
    ]
    anchors = {
        (one.path, row.number): f"{one.anchor}L{row.number}"
        for one in listings
        for row in one.rows
        if isinstance(row, Line)
    }
    by_path = {one.path: one.anchor for one in listings}
    return Book(tuple(listings), len(present) - len(listings), anchors, by_path)


def window(
    path: str,
    data: bytes,
    remarks: Mapping[int, tuple[Remark, ...]],
    missed: frozenset[int],
    first: int,
    most: int,
) -> Listing:
    """List up to `most` lines of one file from line `first` on, for a page that shows nothing else.

    Remarks on other lines are in `elsewhere` only where the file has no such line.
    """
    head = data[:FILE_BYTES]
    known = _Known(remarks, missed)
    if b"\0" in head:
        return _unlisted("", path, data, known, "A binary file: not shown.")
    text, clean = decode(head)
    lines = split_lines(text)
    shown = range(first, min(first + most - 1, len(lines)) + 1)
    rows = _rows(marked(lines, shown, path, COLOURED_IN_ALL), shown, len(lines), known)
    notes = _notes(len(data) - len(head), 0, clean=clean)
    beyond = tuple(one for line in sorted(remarks) if line > len(lines) for one in remarks[line])
    count = sum(len(here) for here in remarks.values())
    return Listing("", path, len(data), len(lines), tuple(notes), rows, count, beyond)


@dataclass
class _Room:
    """What is left of the bounds of a page."""

    lines: int = IN_ALL
    coloured: int = COLOURED_IN_ALL
    bytes: int = BYTES_IN_ALL


@dataclass(frozen=True)
class _Known:
    """What is known about the lines of one file."""

    remarks: Mapping[int, tuple[Remark, ...]]
    missed: frozenset[int]


def _listing(anchor: str, path: str, data: bytes, known: _Known, room: _Room) -> Listing:
    """List one file, and take from `room` what it needs."""
    head = data[: min(FILE_BYTES, room.bytes)]
    room.bytes -= len(head)
    if b"\0" in head:
        return _unlisted(anchor, path, data, known, "A binary file: not shown.")
    text, clean = decode(head)
    lines = split_lines(text)
    shown = _shown(len(lines), sorted(known.remarks), room.lines)
    code = marked(lines, shown, path, room.coloured)
    room.lines -= len(shown)
    room.coloured -= min(room.coloured, len(text))
    rows = _rows(code, shown, len(lines), known)
    elsewhere = known.remarks.keys() - set(shown)
    return Listing(
        anchor=anchor,
        path=path,
        size=len(data),
        lines=len(lines),
        notes=tuple(_notes(len(data) - len(head), len(lines) - len(shown), clean=clean)),
        rows=rows,
        remarks=sum(len(row.remarks) for row in rows if isinstance(row, Line)),
        elsewhere=tuple(remark for line in sorted(elsewhere) for remark in known.remarks[line]),
    )


def _unlisted(anchor: str, path: str, data: bytes, known: _Known, note: str) -> Listing:
    everything = tuple(remark for _, here in sorted(known.remarks.items()) for remark in here)
    return Listing(anchor, path, len(data), 0, (note,), (), 0, everything)


def _notes(bytes_left: int, lines_left: int, *, clean: bool) -> Iterator[str]:
    if not clean:
        yield "Not UTF-8: bytes that do not fit are shown as \N{REPLACEMENT CHARACTER}."
    if lines_left:
        yield f"{lines_left:,} lines are not shown: only the beginning and what stands around remarks is."
    if bytes_left:
        yield f"The last {bytes_left:,} bytes are not shown."


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
    code: Mapping[int, Markup], shown: Sequence[int], count: int, known: _Known
) -> tuple[Line | Gap, ...]:
    rows: list[Line | Gap] = []
    before = 0
    for number in shown:
        if number > before + 1:
            rows.append(Gap(before + 1, number - 1))
        rows.append(Line(number, code[number], number in known.missed, known.remarks.get(number, ())))
        before = number
    if before < count:
        rows.append(Gap(before + 1, count))
    return tuple(rows)
