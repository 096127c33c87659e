"""What a suite sees of a submission that lies, ends, or shares a package with the suite."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.sandbox.inside.two_processes import Run, files, run

BESIDE = Path(__file__).parent / "corpus" / "beside"

LYING = b"""
class Liar:
    def __eq__(self, other):
        return True

    def __iter__(self):
        return iter(())


def lie():
    return Liar()


def evil(number: "fail()"): ...


def fail():
    raise RuntimeError("there")
"""

DYING = b"""
import os


class Shape:
    def area(self):
        return self.side() ** 2


def name_of(shape):
    return type(shape).__name__


def apply(function, *arguments):
    return function(*arguments)


def die():
    os._exit(3)
"""


def outcomes(done: Run) -> dict[str, str]:
    """The outcome of each test, by the name of its function."""
    return {name.rpartition("::")[2]: record["outcome"] for name, record in done.tests.items()}


def test_equality_of_the_submission_decides_nothing(tmp_path: Path) -> None:
    """An object that says yes to everything equals no plain value, whatever kind the value is of."""
    suite = b"""
import pytest
from liar import lie

@pytest.mark.parametrize("value", [1, "a", None, [1], (1,), {"a": 1}, {1}, frozenset({1}), bytearray(b"a")], ids=repr)
def test_lie(value):
    assert lie() != value
    assert not lie() == value
    assert [lie()] != [value]
"""
    done = run({"liar.py": LYING}, {"test_liar.py": suite}, tmp_path)

    assert set(outcomes(done).values()) == {"passed"}
    assert len(outcomes(done)) == 9


def test_a_refused_equality_is_explained(tmp_path: Path) -> None:
    """The author of a suite must learn why two values that look equal are not, and what to write instead."""
    suite = b"""
from liar import lie

def test_lie():
    assert lie() == 5
"""
    done = run({"liar.py": LYING}, {"test_liar.py": suite}, tmp_path)

    assert outcomes(done) == {"test_lie": "failed"}
    assert "class Liar" in done.tests["test_liar.py::test_lie"]["message"]
    assert "Compare an attribute" in done.tests["test_liar.py::test_lie"]["message"]


def test_hints_of_the_submission_are_not_evaluated_beside_the_tests(tmp_path: Path) -> None:
    """`get_type_hints` would run a stranger's text; so would `inspect` with `eval_str`."""
    suite = b"""
import inspect
import os
import typing
import pytest
from liar import evil

def test_hints():
    with pytest.raises(RuntimeError, match="there"):
        typing.get_type_hints(evil)
    with pytest.raises(ValueError, match="not evaluated"):
        inspect.get_annotations(evil, eval_str=True)
    with pytest.raises(ValueError, match="not evaluated"):
        typing.get_type_hints(type("Mine", (), {"__annotations__": evil.__annotations__}))
"""
    done = run({"liar.py": LYING}, {"test_liar.py": suite}, tmp_path)

    assert outcomes(done) == {"test_hints": "passed"}, done.tests["test_liar.py::test_hints"]["message"]


def test_tests_after_a_death_begin_anew(tmp_path: Path) -> None:
    """A test in which the candidate's process ends costs that test, and none of those after it."""
    suite = b"""
from shapes import Shape, apply, die, name_of

class Square(Shape):
    def side(self):
        return 3

def test_before():
    assert Square().area() == 9

def test_death():
    die()

def test_a_function_is_an_argument():
    assert apply(name_of, Shape()) == "Shape"

def test_a_derived_class():
    assert Square().area() == 9
    assert name_of(Square()) == "Square"
"""
    done = run({"shapes.py": DYING}, {"test_shapes.py": suite}, tmp_path)

    assert outcomes(done) == {
        "test_before": "passed",
        "test_death": "failed",
        "test_a_function_is_an_argument": "passed",
        "test_a_derived_class": "passed",
    }


def test_tests_may_lie_in_the_package_of_the_submission(tmp_path: Path) -> None:
    """Relative imports of a test reach the submission's part of the package, and the suite's."""
    (tmp_path / "bridge").mkdir()
    over = run(files(BESIDE / "submission"), files(BESIDE / "suite"), tmp_path / "bridge")

    together = tmp_path / "together"
    shutil.copytree(BESIDE / "submission", together)
    shutil.copytree(BESIDE / "suite", together, dirs_exist_ok=True)
    alone = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider"],
        cwd=together,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(together)},
        capture_output=True,
        text=True,
        check=False,
    )

    passed = {line.removeprefix("PASSED ") for line in alone.stdout.splitlines() if line.startswith("PASSED")}
    assert alone.returncode == 0, alone.stdout
    assert {name: record["outcome"] for name, record in over.tests.items()} == dict.fromkeys(passed, "passed")


def test_the_end_of_a_long_message_is_kept(tmp_path: Path) -> None:
    """A traceback says at its end what went wrong."""
    suite = b"""
def test_long():
    raise ValueError("x" * 20_000 + "the " + "cause")
"""
    done = run({"shapes.py": DYING}, {"test_shapes.py": suite}, tmp_path)

    message = done.tests["test_shapes.py::test_long"]["message"]
    assert "the cause" in message
    assert "characters in all" in message
    assert len(message) <= 8_000
