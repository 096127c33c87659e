"""Facts of the reading seat are checked again before they become evidence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from grader.facts import BadFacts, assertions_of, reading_of
from grader.reading import read

FINDING = {"tool": "ruff", "rule": "F401", "place": {"path": "a.py", "line": 1}, "message": "unused"}


def test_what_the_program_says_becomes_a_reading(tmp_path: Path) -> None:
    """The two shapes must not drift apart."""
    (tmp_path / "a.py").write_text("import os  # noqa\n\n\ndef f(x):\n    return x\n")
    (tmp_path / "test_a.py").write_text("def test_f():\n    assert f(1)\n")
    (tmp_path / "b.py").write_text("(")
    facts = read(str(tmp_path), {})
    reading = reading_of(facts, {"a.py", "b.py", "test_a.py"})
    assert {(finding.rule, finding.place.path) for finding in reading.findings} >= {("F401", "a.py")}
    assert reading.functions[0].name == "f"
    assert reading.unreadable[0].name == "b.py"
    assert assertions_of(facts) == {"test_a.py::test_f": 1}


@pytest.mark.parametrize(
    "facts",
    [
        {"findings": [FINDING] * 4_001},
        {"findings": "all"},
        {"findings": [FINDING | {"tool": "candidate"}]},
        {"findings": [FINDING | {"points": 100}]},
        {"findings": [FINDING | {"place": {"path": "../../etc/passwd"}}]},
        {"findings": [FINDING | {"message": "x" * 10_000}]},
        {"source": "grading"},
        {"figures": {"sloc": float("nan")}},
        {"figures": {"sloc": -1}},
        {"figures": {"sloc": "12"}},
        {"figures": {"<script>": 1}},
        {"figures": {f"figure_{number}": 1 for number in range(101)}},
        {"unknown": 1},
    ],
    ids=str,
)
def test_facts_that_cannot_be_are_refused(facts: dict[str, Any]) -> None:
    """A reading seat that was taken over gains nothing."""
    with pytest.raises(BadFacts):
        reading_of(facts, {"a.py"})


@pytest.mark.parametrize("counts", [[], {"a": -1}, {"a": True}, {"a": 1.5}, {"a" * 6_000: 1}])
def test_assertion_counts_are_counts(counts: Any) -> None:
    """They end up beside the candidate's tests."""
    with pytest.raises(BadFacts):
        assertions_of({"assertions": counts})
