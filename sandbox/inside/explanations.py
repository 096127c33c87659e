"""What pytest says about a comparison that failed, when one side is so large that explaining it would take long.

pytest writes both sides out and compares them line by line, in time that grows with the square of what came back.
That time is the grader's, not the candidate's, so a large answer would hold up a grading for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from _pytest._io.saferepr import saferepr
from _pytest.assertion import util

_MOST_NODES = 500
_MOST_TEXT = 20_000
_SHOWN = 200


class Explanations:
    """A pytest plugin. It replaces pytest's own comparison: a hook beside it would only add to its explanation."""

    @staticmethod
    def pytest_configure() -> None:
        """Once, in the process that grades."""
        usual = util.assertrepr_compare

        def explained(op: str, left: Any, right: Any, **how: Any) -> Iterator[str]:
            if is_large(left) or is_large(right):
                yield f"{saferepr(left, _SHOWN)} {op} {saferepr(right, _SHOWN)}"
                yield "too large to be compared line by line"
            else:
                yield from usual(op=op, left=left, right=right, **how)

        util.assertrepr_compare = explained


def is_large(value: Any) -> bool:
    """Whether `value` holds more than is worth explaining. Only exact builtins are looked into."""
    nodes, text = 0, 0
    waiting = [value]
    while waiting:
        one = waiting.pop()
        nodes += 1
        kind = type(one)
        if kind in (str, bytes, bytearray):
            text += len(one)
        elif kind is dict:
            nodes += len(one)
            waiting.extend(list(one.values())[:_MOST_NODES])
        elif kind in (list, tuple, set, frozenset):
            waiting.extend(list(one)[:_MOST_NODES])
            nodes += max(0, len(one) - _MOST_NODES)
        if nodes > _MOST_NODES or text > _MOST_TEXT:
            return True
    return False
