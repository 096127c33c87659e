"""Submissions as text, for the sample reports."""

# ruff: noqa: E501 - the submissions hold docstrings and a line that is too long on purpose

from __future__ import annotations

import hashlib

from sandbox.contract import Files


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


GOOD: Files = {
    "README.md": b"# Flatten\n\n`flatten({'a': {'b': 1}})` gives `{'a.b': 1}`.\n\nRun the tests with `pytest`.\n",
    "flatten.py": b'''"""Nested dictionaries to dotted keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def flatten(nested: Mapping[str, Any], separator: str = ".") -> dict[str, Any]:
    """Join the keys of `nested` on each path to a leaf with `separator`."""
    if not isinstance(nested, Mapping):
        raise TypeError(f"flatten() takes a mapping, got {type(nested).__name__}")
    flat: dict[str, Any] = {}
    waiting = [("", nested)]  # a stack instead of recursion: depth is not bounded
    while waiting:
        for k, value in waiting.pop()[1].items():
            if isinstance(value, Mapping) and value:
                waiting.append((f"{k}{separator}", value))
            else:
                flat[k] = value
    return flat
''',
    "tests/test_flatten.py": b'''"""What flatten promises."""

import pytest

from flatten import flatten

def test_empty():
    assert flatten({}) == {}


def test_one_level():
    assert flatten({"a": 1}) == {"a": 1}


def test_nested():
    assert flatten({"a": {"b": 1}}) == {"a.b": 1}


def test_separator():
    assert flatten({"a": {"b": 1}}, "/") == {"a/b": 1}


def test_lists():
    assert flatten({"a": [1, {"b": 2}]}) == {"a": [1, {"b": 2}]}


def test_none():
    assert flatten({"a": None}) == {"a": None}


def test_rejects_text():
    with pytest.raises(TypeError, match="takes a mapping"):
        flatten("abc")
''',
}

MIDDLING: Files = {
    "flatten.py": b"""import os

SEPARATOR = "."  # noqa - the starter had this, it is a very long line that goes on and on and on, past any limit that people set
LIMIT = 900


def flatten(d, sep=SEPARATOR):
    tmp2 = {}
    try:
        if not d:
            return {}

        def flat(prefix, x):
            for k, v in x.items():
                if isinstance(v, dict):
                    flat(prefix + k + sep, v)
                else:
                    tmp2[prefix + k] = v

        flat("", d)
    except:
        return None
    return tmp2
""",
    "test_flatten.py": b"""from flatten import flatten


def test_one():
    assert flatten({"a": 1}) == {"a": 1}


def test_two():
    assert flatten({"a": {"b": 1}}) == {"a.b": 1}


def test_three():
    assert flatten({})  == {}
""",
}

BAD: Files = {
    "solution/flatten.py": b"""# my solution
import sys


def flatten(d, d2={}):
    if d == None:
        return
    for k in d:
        try:
            d2[k] = d[k]
        except:
            pass
    return d2
    print("done")
""",
    "solution/old.py": b"def flatten(:\n    pass\n\n  x = = 2\n",
}
