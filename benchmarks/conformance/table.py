"""Prints the figures: one line a collection, then what differs, with the first message."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.conformance.comparison import Difference, Row, total

_MESSAGE = 160


def table(rows: Sequence[Row]) -> str:
    """A Markdown table, so that it can go into the documentation as it is."""
    head: list[str] = [
        "collection",
        "exercises",
        "suites passing in one process",
        "of these over the bridge",
        "%",
        "tests",
    ]
    lines = [head, ["---", *["--:"] * 5]]
    for kind in dict.fromkeys(row.kind for row in rows):
        some = [row for row in rows if row.kind == kind]
        lines += [*map(_cells, some), _cells(total(some))]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cells(row: Row) -> list[str]:
    counts = [row.exercises, row.passing, row.conforming]
    tests = f"{row.tests_over_bridge} of {row.tests}"
    return [row.collection, *map(str, counts), f"{row.percentage:.1f}", tests]


def differing_suites(differences: Sequence[Difference]) -> Iterator[str]:
    """One line for each suite that differs: how many tests, the first of them and its message."""
    suites: dict[str, list[Difference]] = {}
    for difference in differences:
        suites.setdefault(difference.suite, []).append(difference)
    for suite, found in suites.items():
        first = found[0]
        yield f"{suite}: {len(found)} tests, first {first.test} ({first.outcome}): {_last_line(first.message)}"


def _last_line(message: str) -> str:
    errors = [line for line in message.splitlines() if line.startswith("E ")]
    lines = errors[:1] or message.strip().splitlines()[-1:] or [""]
    return lines[0].removeprefix("E").strip()[:_MESSAGE]
