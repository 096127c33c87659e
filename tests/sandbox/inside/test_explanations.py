"""A failed comparison is explained by pytest as ever, unless that would take longer than it is worth."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from sandbox.inside.explanations import is_large
from tests.sandbox.inside.two_processes import run

TEST = b"""
import solution

def test_small():
    assert solution.small() == {"a": 2}

def test_lines():
    assert solution.lines() == "\\n".join(f"a.b.{n % 5} = {n % 13}" for n in range(3000))
"""
CODE = b"""
def small():
    return {"a": 1}

def lines():
    return "\\n".join(f"a.b.{n % 7} = {n % 11}" for n in range(3000))
"""


@pytest.mark.parametrize(
    ("value", "large"),
    [
        ({"a": [1, 2, {"b": "x" * 1000}]}, False),
        (list(range(400)), False),
        (None, False),
        (list(range(600)), True),
        ("x" * 30_000, True),
        ({"a": {"b": ["x" * 30_000]}}, True),
        ([[[1] * 30] * 30] * 30, True),
        ({float("nan"): 1 for _ in range(600)}, True),
    ],
)
def test_size_is_counted_to_the_depth(value: object, large: bool) -> None:
    """What is nested is written out as well."""
    assert is_large(value) is large


def test_a_value_that_holds_itself_is_large() -> None:
    """Counting ends, too."""
    value: list[object] = []
    value.append(value)
    assert is_large(value)


def test_a_large_answer_costs_no_time_and_a_small_one_is_explained(tmp_path: Path) -> None:
    """Comparing these texts line by line takes minutes."""
    start = time.monotonic()
    graded = run({"solution.py": CODE}, {"test_it.py": TEST}, tmp_path)
    assert {record["outcome"] for record in graded.tests.values()} == {"failed"}
    assert "{'a': 1} != {'a': 2}" in graded.tests["test_it.py::test_small"]["message"]
    assert "too large to be compared" in graded.tests["test_it.py::test_lines"]["message"]
    assert time.monotonic() - start < 60
