"""Differences of two versions of a file."""

from __future__ import annotations

import time

import pytest

from grader.formats.html.differences import AROUND, COMPARED_LINES, Row, difference, unified

OLD = b"".join(b"line %d\n" % n for n in range(100))


def lines(rows: tuple[Row, ...]) -> list[tuple[str, int | None, int | None]]:
    return [(row.kind, row.left, row.right) for row in rows]


def test_a_changed_line_stands_beside_what_it_was_with_its_surroundings() -> None:
    made = difference("a.py", OLD, OLD.replace(b"line 50\n", b"line fifty\n"))

    assert (made.added, made.removed) == (1, 1)
    assert ("changed", 51, 51) in lines(made.rows)
    assert [row.left for row in made.rows if row.kind == "gap"] == [50 - AROUND, 49 - AROUND]
    assert len(made.rows) == 2 + 1 + 2 * AROUND


def test_one_below_the_other_a_change_is_first_what_went_then_what_came() -> None:
    made = difference("a.py", b"a\nb\nc\n", b"a\nx\ny\nc\n")

    assert lines(tuple(unified(made.rows))) == [
        ("same", 1, 1),
        ("removed", 2, None),
        ("added", None, 2),
        ("added", None, 3),
        ("same", 3, 4),
    ]


def test_no_line_is_lost_or_shown_twice() -> None:
    new = b"first\n" + OLD.replace(b"line 3\n", b"").replace(b"line 70\n", b"x\ny\n") + b"last\n"
    rows = difference("a.py", OLD, new).rows
    hidden = sum(row.left or 0 for row in rows if row.kind == "gap")

    assert sum(row.left is not None and row.kind != "gap" for row in rows) + hidden == 100
    assert sum(row.right is not None for row in rows) + hidden == len(new.splitlines())


@pytest.mark.parametrize(
    ("old", "new", "note"),
    [
        (b"a\n", b"a\n", "Both are the same"),
        (b"a\n", b"a\r\n", "only line ends"),
        (b"a\n", b"\0", "binary"),
        (b"a\n", b"x" * 2_000_000, "too large"),
        (b"", b"x\n" * (COMPARED_LINES + 1), "lines differ: not compared"),
    ],
)
def test_what_is_not_compared_says_why(old: bytes, new: bytes, note: str) -> None:
    assert note in difference("a.py", old, new).note


def test_markup_in_either_version_is_escaped() -> None:
    made = difference("a.py", b"<script>1</script>\n", b"<img src=x onerror=alert(1)>\n")

    assert all("<script" not in str(row.left_code) and "<img" not in str(row.right_code) for row in made.rows)


def test_versions_made_to_be_slow_are_compared_in_bounded_time() -> None:
    old = b"".join(b"%d\n" % (n % 101) for n in range(COMPARED_LINES))
    new = b"".join(b"%d\n" % (n * 7 % 103) for n in range(COMPARED_LINES))
    started = time.monotonic()

    difference("a.txt", old, new)

    assert time.monotonic() - started < 10
