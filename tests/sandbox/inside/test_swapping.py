"""Functions that exist get other code, or it is said that this is not enough."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from sandbox.inside.swapping import CannotSwap, Functions

CODE = """
import functools

LIMIT = 3


def logged(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args) + 0
    return wrapper


@functools.cache
def cached(x):
    return x + 1


@logged
def wrapped(x):
    def inner():
        return x + 2
    return inner()


class Box:
    size = 4

    def grow(self, by=5):
        return self.size + by

    @property
    def area(self):
        return [side * self.size for side in (self.size,)][0]


handlers = {"a": lambda x: x + 6}
"""


@pytest.fixture
def loaded(tmp_path: Path) -> ModuleType:
    path = tmp_path / "swapped.py"
    path.write_text(CODE)
    spec = importlib.util.spec_from_file_location(f"swapped_{tmp_path.name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def swap(module: ModuleType, before: str, after: str) -> None:
    assert CODE.count(before) == 1
    path = str(module.__file__)
    functions = Functions(str(Path(path).parent))
    functions.prepare(path)
    functions.swap(path, CODE.replace(before, after))


@pytest.mark.parametrize(
    ("before", "after", "question", "answer"),
    [
        ("x + 1", "x - 1", "cached(10)", 9),
        ("x + 2", "x - 2", "wrapped(10)", 8),
        ("*args) + 0", "*args) + 100", "wrapped(10)", 112),
        ("self.size + by", "self.size - by", "Box().grow()", -1),
        ("side * self.size", "side + self.size", "Box().area", 8),
        ("x + 6", "x - 6", "handlers['a'](10)", 4),
        ("return x + 1", "if 9 > 3: return None\n    else: return x + 1", "cached(10)", None),
    ],
)
def test_code_is_swapped(loaded: ModuleType, before: str, after: str, question: str, answer: object) -> None:
    """Whoever holds the function, under whatever name: decorators, classes, tables."""
    swap(loaded, before, after)
    assert eval(question, vars(loaded)) == answer  # noqa: S307 -- written above


@pytest.mark.parametrize(
    ("before", "after"), [("LIMIT = 3", "LIMIT = 4"), ("size = 4", "size = 5"), ("by=5", "by=6")]
)
def test_what_runs_at_import_cannot_be_swapped(loaded: ModuleType, before: str, after: str) -> None:
    """Constants, class attributes, defaults: the file has to be run again."""
    with pytest.raises(CannotSwap):
        swap(loaded, before, after)
