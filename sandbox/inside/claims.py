"""What a candidate's test run says of itself, cut to a shape that every later reader takes.

The process that says it runs the candidate's code, so it may say anything that is JSON, or nothing. The keeper and
the host must get through it all: values nested without end, text that grows when it is written again.
"""

from __future__ import annotations

import json
from typing import Any

_ROWS = 4000
_FIELDS = 20
_LINES = 5000
_TEXT = 4000
_LARGE = 2**53
_ROOM = 8 * 2**20


def read(answer: bytes, tables: tuple[str, ...]) -> dict[str, Any] | None:
    """The claimed facts: a list of rows for each of `tables`, and the problem; None where there are none."""
    try:
        facts = json.loads(answer)
    except (ValueError, RecursionError):
        return None
    if not isinstance(facts, dict):
        return None
    problem = facts.get("problem")
    found: dict[str, Any] = {name: _rows(facts.get(name)) for name in tables}
    found["problem"] = problem[:_TEXT] if isinstance(problem, str) else None
    if len(json.dumps(found)) > _ROOM:
        return nothing(tables, "the test run said more than may be kept")
    return found


def nothing(tables: tuple[str, ...], problem: str) -> dict[str, Any]:
    """No facts, and why."""
    return {**{name: [] for name in tables}, "problem": problem}


def _rows(claimed: Any) -> list[dict[str, Any]]:
    if not isinstance(claimed, list):
        return []
    return [_row(row) for row in claimed[:_ROWS] if isinstance(row, dict)]


def _row(row: dict[str, Any]) -> dict[str, Any]:
    fields = list(row.items())[:_FIELDS]
    return {name[:_TEXT]: kept for name, value in fields if (kept := _flat(value)) is not None}


def _flat(value: Any) -> Any:
    """A text, a number or a list of numbers; None for anything else."""
    if isinstance(value, str):
        return value[:_TEXT]
    if isinstance(value, float) or (isinstance(value, int) and abs(value) < _LARGE):
        return value
    if isinstance(value, list):
        return [item for item in value[:_LINES] if type(item) is int and abs(item) < _LARGE]
    return None
