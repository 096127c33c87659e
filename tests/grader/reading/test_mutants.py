"""Changes of the candidate's code: real differences, the same for the same code, and none of what was given out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from grader.reading import read

CODE = '''"""Count things."""

LIMIT = 3


def total(values, start=0):
    """Add up."""
    if start < 0 and values:
        raise ValueError(f"{start} is below {0}")
    for value in values:
        start += value
    return start * 2 ** LIMIT
'''


def named(folder: Path, code: str = CODE, count: int = 99, **options: Any) -> list[dict[str, Any]]:
    (folder / "counting.py").write_text(code)
    (folder / "test_counting.py").write_text("def test_it():\n    assert 1 < 2\n")
    found: list[dict[str, Any]] = read(str(folder), {"mutants": count, "seed": "a", **options})["mutants"]
    return found


def replaced(code: str, change: dict[str, Any]) -> str:
    lines = code.split("\n")
    head = [*lines[: change["line"] - 1], lines[change["line"] - 1][: change["column"]]]
    tail = [lines[change["end_line"] - 1][change["end_column"] :], *lines[change["end_line"] :]]
    return "\n".join(head) + str(change["text"]) + "\n".join(tail)


def test_each_change_is_shown_as_a_difference(tmp_path: Path) -> None:
    """As a person would have typed it: the disguise is for the box, not for readers."""
    assert {change["diff"] for change in named(tmp_path) if not change["control"]} == {
        "- LIMIT = 3\n+ LIMIT = 4",
        "- def total(values, start=0):\n+ def total(values, start=1):",
        "-     if start < 0 and values:\n+     if start < 0 or values:",
        "-     if start < 0 and values:\n+     if start <= 0 and values:",
        "-     if start < 0 and values:\n+     if start < 1 and values:",
        '-         raise ValueError(f"{start} is below {0}")\n+         pass',
        "-         start += value\n+         pass",
        "-     return start * 2 ** LIMIT\n+     return None",
        "-     return start * 2 ** LIMIT\n+     return start + 2 ** LIMIT",
        "-     return start * 2 ** LIMIT\n+     return start * 3 ** LIMIT",
        "-     return start * 2 ** LIMIT\n+     return start * (2 * LIMIT)",
    }


def test_controls_do_what_the_original_does_and_mutants_do_not(tmp_path: Path) -> None:
    """Both look alike in the box; what they do tells them apart, and nothing else."""
    questions: list[tuple[Any, ...]] = [([1, 2],), ([],), ([5], 1), ([], -1), ([4], 0), ([5], -1)]

    def answers(code: str) -> list[object]:
        scope: dict[str, Any] = {}
        exec(code, scope)  # noqa: S102 -- written above
        found: list[object] = []
        for question in questions:
            try:
                found.append(scope["total"](*question))
            except (ValueError, TypeError) as error:
                found.append(type(error))
        return found

    changes = named(tmp_path)
    same = [answers(replaced(CODE, change)) == answers(CODE) for change in changes]
    assert same == [change["control"] for change in changes]
    assert all(" > " in change["text"] and " if " in f" {change['text']}" for change in changes)


def test_a_control_changes_the_instructions(tmp_path: Path) -> None:
    """Else a test that compares instructions would be right about every control."""
    original = compile(CODE, "x", "exec")
    for change in named(tmp_path):
        assert compile(replaced(CODE, change), "x", "exec").co_consts != original.co_consts or (
            compile(replaced(CODE, change), "x", "exec").co_code != original.co_code
        )


def test_a_sample_is_the_same_for_the_same_code_whatever_it_looks_like(tmp_path: Path) -> None:
    """The same submission gets the same score; where the controls stand is drawn anew each time."""
    first, second = (
        [change["diff"] for change in named(tmp_path, count=5, seed=seed) if not change["control"]]
        for seed in ("a", "b")
    )
    assert first == second
    assert len(first) == 5


def test_lines_of_the_starter_are_left_alone(tmp_path: Path) -> None:
    """Nobody has to test what they were given."""
    starter = {"counting.py": CODE.replace("* 2 ** LIMIT", "")}
    lines = {change["line"] for change in named(tmp_path, starter=starter)}
    assert lines == {12}


@pytest.mark.parametrize(
    "code",
    [
        "def f(x):\n    match x:\n        case 3:\n            return g()",
        "def f(x):\n    if x: x.go()",
        "import time\n\ndef f(x):\n    time.sleep(3)",
        "def f(best, x):\n    if best is None or x > best:\n        best = x\n    print(best)",
        "def f(x, send):\n    send(x, timeout=3)",
        "def _f(x=3):\n    print(x)\n\ndef f():\n    _f([])",
        "def f():\n    raise NotImplementedError",
    ],
)
def test_what_nobody_could_notice_is_left_alone(code: str, tmp_path: Path) -> None:
    """Or where both versions cannot stand side by side."""
    diffs = "\n".join(change["diff"] for change in named(tmp_path, code))
    assert not any(sign in diffs for sign in ("+ pass", ">=", "(4", "case 4", "=4", "x=4", "timeout=4"))


def test_nothing_is_named_where_nobody_asks(tmp_path: Path) -> None:
    """It costs time."""
    assert named(tmp_path, count=0) == []
