"""What counts as a test, and as an assertion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Read = Callable[..., dict[str, Any]]

TESTS = """import pytest
from unittest import TestCase


def check_total(value):
    assert value == 3


@pytest.fixture
def closed(shop):
    yield shop
    assert shop.closed


def test_plain():
    assert 1 + 1 == 2
    assert total([]) == 0


def test_by_function():
    check_total(total([1, 2]))


def test_by_context():
    with pytest.raises(ValueError, match="empty"):
        total(None)


def test_by_fixture(closed):
    closed.open()


def test_in_closure():
    def callback(value):
        assert value

    run(callback)


class TestShop(TestCase):
    def test_method(self):
        self.assertEqual(1, one())
        mock.assert_called_once_with(1)

    def helper(self):
        pass


class Elsewhere:
    def test_is_not_collected(self):
        assert True
"""


def test_assertions_of_each_test(read_files: Read) -> None:
    """By node id, so that they can be put beside the results."""
    facts = read_files({"tests/test_shop.py": TESTS})
    names = {
        "test_plain": 2,
        "test_by_function": 1,
        "test_by_context": 1,
        "test_by_fixture": 1,
        "test_in_closure": 1,
        "TestShop::test_method": 2,
    }
    assert facts["assertions"] == {f"tests/test_shop.py::{name}": count for name, count in names.items()}
    assert facts["figures"]["test_functions"] == 6
    assert facts["figures"]["test_assertions"] == 8
    assert not [one for one in facts["findings"] if one["rule"] == "test-without-assertion"]


@pytest.mark.parametrize(
    ("path", "declared", "expected"),
    [
        ("test_a.py", None, 1),
        ("a_test.py", None, 1),
        ("tests/unit.py", None, 1),
        ("app.py", None, 0),
        ("app.py", ["app.py"], 1),
        ("test_a.py", [], 1),
    ],
)
def test_which_files_hold_tests(
    path: str, declared: list[str] | None, expected: int, read_files: Read
) -> None:
    """Declared, or by the names that pytest goes by."""
    facts = read_files({path: "def test_a():\n    assert f()\n"}, tests=declared)
    assert facts["figures"]["test_functions"] == expected
