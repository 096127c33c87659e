"""Two versions of the same code look alike and still do what each of them does."""

from __future__ import annotations

from typing import Any

import pytest

from grader.disguise import both_ways

OLD = b"""
def total(values):
    'Add.'
    return sum(values[1:])  # the bug

def same():
    return 1
"""
NEW = OLD.replace(b"values[1:]", b"values")


def loaded(source: bytes) -> dict[str, Any]:
    scope: dict[str, Any] = {}
    exec(source, scope)  # noqa: S102 -- written above
    return scope


def test_each_version_does_what_it_did() -> None:
    """The disguise is never run."""
    old, new = (loaded(files["a.py"]) for files in both_ways({"a.py": OLD}, {"a.py": NEW}))
    assert (old["total"]([1, 2]), new["total"]([1, 2])) == (2, 3)
    assert old["total"].__doc__ == new["total"].__doc__ == "Add."


def test_neither_its_bytes_nor_a_line_tells_one_from_the_other() -> None:
    """Both hold the text of both, and neither is the file that was given out."""
    old, new = (files["a.py"] for files in both_ways({"a.py": OLD}, {"a.py": NEW}))
    assert old != OLD
    assert b"sum(values[1:])" in old
    assert b"sum(values[1:])" in new
    assert b"sum(values)" in old


def test_a_function_that_is_the_same_stays_as_it_is() -> None:
    """There is nothing to hide."""
    old, _ = both_ways({"a.py": OLD}, {"a.py": NEW})
    assert old["a.py"].count(b"of_old") == 1


@pytest.mark.parametrize("source", [b"def f(:\n", b"\xff\xfe", b""])
def test_what_cannot_be_read_stays_as_it_is(source: bytes) -> None:
    """A starter may be broken on purpose."""
    first, _ = both_ways({"a.py": source, "data.txt": b"x"}, {"a.py": NEW})
    assert first["a.py"].strip() == source.strip()
    assert first["data.txt"] == b"x"


def test_a_body_that_cannot_be_carried_is_left_out() -> None:
    """A `nonlocal` needs a name of the function around it."""
    inner = b"class A:\n    def f(self):\n        nonlocal_name = 1\n        return super().__init__()\n"
    first, second = both_ways({"a.py": inner}, {"a.py": inner.replace(b"1", b"2")})
    assert loaded(first["a.py"])["A"]().f() is None
    assert loaded(second["a.py"])["A"]().f() is None
