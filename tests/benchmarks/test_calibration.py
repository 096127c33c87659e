"""A sample of what `python -m benchmarks.calibration` does at scale: the same bytes, and one loss for one fault."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.calibration import worse
from benchmarks.calibration.ranking import auc
from benchmarks.calibration.references import is_right, lost, report, worsened
from grader.takehome import find, names, shelf

REPOSITORY = Path(__file__).parents[2]
SAMPLE = [("flatten", "bad names"), ("error-digest", "silent handlers"), ("flatten", "no assertions")]
REST = [
    pytest.param(name, change, marks=pytest.mark.exhaustive)
    for name in names(shelf())
    for change in ("bad names", "silent handlers", "no assertions", "deleted assertions")
    if (name, change) not in SAMPLE and not name.startswith("bughunt")  # whose rubric has no item for them
]


@pytest.mark.parametrize(("name", "change"), [*SAMPLE, *REST])
def test_worse_in_one_respect_loses_points_for_that_alone(name: str, change: str) -> None:
    """Else a candidate pays twice for one fault, or not at all."""
    takehome = find(name, shelf())
    pair = worsened(takehome, change)
    if pair is None:
        pytest.skip("there is no place for this change in the reference")
    before, after = (report(takehome, files) for files in pair)
    assert is_right(change, lost(before, after)), lost(before, after)


def test_the_same_submission_gives_the_same_bytes_whatever_the_order_of_sets() -> None:
    """Python hashes texts differently in each process."""
    program = (
        "import hashlib; from grader.takehome import find, shelf; from benchmarks.calibration.references import "
        "bytes_of; print(hashlib.sha256(bytes_of(find('flatten', shelf()))).hexdigest())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1


def test_inlining_moves_the_branches_into_the_caller() -> None:
    source = (
        "def _half(x):\n    if x:\n        return x / 2\n    return 0\n\n\n"
        "def show(x):\n    y = _half(x)\n    return y\n"
    )
    assert worse.inlined(source) == (
        "def show(x):\n    y = _half(x)\n    if inlined:\n        if x:\n            outcome = x / 2\n"
        "        outcome = 0\n    return y\n"
    )
    assert worse.inlined("x = 1\n") is None


def test_a_tie_ranks_half() -> None:
    assert auc([2.0, 1.0], [1.0, 0.0]) == 0.875


CHECKS = """\
class TestHalf(unittest.TestCase):
    def test_half(self):
        result = half(4)
        self.assertEqual(result, 2)
        with self.assertRaises(ValueError):
            half('x')

def test_quarter(spy):
    assert quarter(4) == 1
    spy.assert_called_once_with(4)
    with pytest.raises(ValueError, match='x'):
        quarter('x')
"""


def test_without_assertions_nothing_is_looked_at() -> None:
    """Every way of saying it: statements, methods of unittest and of mocks, expected errors."""
    hollow = worse.no_assertions(CHECKS)
    assert hollow is not None
    assert "assert" not in hollow
    assert "raises" not in hollow
    assert "_ = (result, 2)" in hollow
    assert "_ = quarter(4) == 1" in hollow
    assert hollow.count("half('x')") == 1


def test_deleted_assertions_take_along_what_only_they_ran() -> None:
    deleted = worse.deleted_assertions(CHECKS)
    assert deleted is not None
    assert "assert" not in deleted
    assert "quarter(4)" not in deleted
    assert "quarter('x')" in deleted
    assert worse.deleted_assertions("def test():\n    half(4)\n") is None
