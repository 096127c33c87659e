"""The difference of two versions of a file, as rows for a table: unified or side by side, with unchanged parts cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from markupsafe import Markup

from grader.formats.html.highlight import COLOURED_CHARACTERS, decode, marked, split_lines

AROUND = 4
"""Unchanged lines that are shown around a change."""
COMPARED_LINES = 1_500
"""Of each side, without what both begin and end with. Beyond that the time to compare could grow without bound."""
SHOWN_ROWS = 3_000
COMPARED_BYTES = 1 * 2**20

Kind = Literal["same", "removed", "added", "changed", "gap"]


@dataclass(frozen=True)
class Row:
    """A line of either side, or of both. A gap has the number of lines that are not shown in `left`."""

    kind: Kind
    left: int | None = None
    right: int | None = None
    left_code: Markup | None = None
    right_code: Markup | None = None


@dataclass(frozen=True)
class Difference:
    """What changed in one file."""

    rows: tuple[Row, ...]
    added: int
    removed: int
    note: str = ""
    """Why there are no rows, or not all of them."""


def difference(path: str, old: bytes | None, new: bytes | None) -> Difference:
    """Compare two versions of `path`; None is a file that is not there. Rows pair lines side by side."""
    before, after = old or b"", new or b""
    if old == new:
        return Difference((), 0, 0, "Both are the same, byte for byte.")
    if b"\0" in before[:COMPARED_BYTES] or b"\0" in after[:COMPARED_BYTES]:
        return Difference((), 0, 0, "A binary file: not compared.")
    if max(len(before), len(after)) > COMPARED_BYTES:
        return Difference((), 0, 0, "The file is too large to be compared.")
    left, right = split_lines(decode(before)[0]), split_lines(decode(after)[0])
    if left == right:
        return Difference((), 0, 0, "The lines are the same; only line ends or the encoding differ.")
    begin, end = _common(left, right)
    if max(len(left), len(right)) - begin - end > COMPARED_LINES:
        return Difference((), 0, 0, f"More than {COMPARED_LINES:,} lines differ: not compared.")
    blocks = _blocks(left, right, begin, end)
    added = sum(block.right_end - block.right for block in blocks if block.kind != "same")
    removed = sum(block.left_end - block.left for block in blocks if block.kind != "same")
    rows = tuple(_rows(blocks, _coloured(left, path), _coloured(right, path)))
    note = (
        f"Only the first {SHOWN_ROWS:,} lines of the difference are shown." if len(rows) > SHOWN_ROWS else ""
    )
    return Difference(rows[:SHOWN_ROWS], added, removed, note)


def unified(rows: Sequence[Row]) -> Iterator[Row]:
    """The rows one below the other: of each change first what went, then what came."""
    went: list[Row] = []
    came: list[Row] = []
    for row in rows:
        if row.kind in {"same", "gap"}:
            yield from (*went, *came, row)
            went, came = [], []
            continue
        if row.left is not None:
            went.append(Row("removed", left=row.left, left_code=row.left_code))
        if row.right is not None:
            came.append(Row("added", right=row.right, right_code=row.right_code))
    yield from (*went, *came)


@dataclass(frozen=True)
class _Block:
    """Lines `left`..`left_end` became `right`..`right_end`, counted from 0, ends excluded."""

    kind: Literal["same", "changed"]
    left: int
    left_end: int
    right: int
    right_end: int


def _common(left: Sequence[str], right: Sequence[str]) -> tuple[int, int]:
    """How many lines both begin with, and how many of the rest both end with."""
    shorter = min(len(left), len(right))
    begin = 0
    while begin < shorter and left[begin] == right[begin]:
        begin += 1
    end = 0
    while end < shorter - begin and left[-1 - end] == right[-1 - end]:
        end += 1
    return begin, end


def _blocks(left: Sequence[str], right: Sequence[str], begin: int, end: int) -> list[_Block]:
    middle = SequenceMatcher(
        None, left[begin : len(left) - end], right[begin : len(right) - end], autojunk=True
    )
    found = [_Block("same", 0, begin, 0, begin)] if begin else []
    for tag, a, b, c, d in middle.get_opcodes():
        kind: Literal["same", "changed"] = "same" if tag == "equal" else "changed"
        found.append(_Block(kind, begin + a, begin + b, begin + c, begin + d))
    if end:
        found.append(_Block("same", len(left) - end, len(left), len(right) - end, len(right)))
    return found


def _rows(blocks: Sequence[_Block], left: Sequence[Markup], right: Sequence[Markup]) -> Iterator[Row]:
    for number, block in enumerate(blocks):
        pairs = [
            (
                block.left + offset if block.left + offset < block.left_end else None,
                block.right + offset if block.right + offset < block.right_end else None,
            )
            for offset in range(max(block.left_end - block.left, block.right_end - block.right))
        ]
        if block.kind == "changed":
            for one, other in pairs:
                kind: Kind = "removed" if other is None else "added" if one is None else "changed"
                yield _row(kind, one, other, left, right)
            continue
        above = 0 if number == 0 else AROUND
        below = 0 if number == len(blocks) - 1 else AROUND
        hidden = len(pairs) - above - below
        for place, (one, other) in enumerate(pairs):
            if hidden > 1 and above <= place < len(pairs) - below:
                if place == above:
                    yield Row("gap", left=hidden)
            else:
                yield _row("same", one, other, left, right)


def _row(
    kind: Kind, one: int | None, other: int | None, left: Sequence[Markup], right: Sequence[Markup]
) -> Row:
    return Row(
        kind,
        None if one is None else one + 1,
        None if other is None else other + 1,
        None if one is None else left[one],
        None if other is None else right[other],
    )


def _coloured(lines: Sequence[str], path: str) -> list[Markup]:
    numbers = range(1, len(lines) + 1)
    code = marked(lines, numbers, path, COLOURED_CHARACTERS)
    return [code[number] for number in numbers]
