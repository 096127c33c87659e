"""Cases of the rules that the page of checks has no room for."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Read = Callable[..., dict[str, Any]]

FOLDER = Path(__file__).parent / "cases"


def cases(name: str) -> list[tuple[str, str]]:
    """(rule, code) of each section of a file of cases: a line "=== rule", then code."""
    parts = re.split(r"^=== (\S+)\n", (FOLDER / f"{name}.txt").read_text("utf-8"), flags=re.MULTILINE)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))


def rules(facts: dict[str, Any]) -> set[str]:
    return {finding["rule"] for finding in facts["findings"]}


@pytest.mark.parametrize(("rule", "code"), cases("reported"))
def test_reported(rule: str, code: str, read_files: Read) -> None:
    """Each is a way of writing the same habit."""
    assert rule in rules(read_files({"example.py": code}))


@pytest.mark.parametrize(("rule", "code"), cases("let_pass"))
def test_let_pass(rule: str, code: str, read_files: Read) -> None:
    """Each looks like the habit and is none."""
    assert rule not in rules(read_files({"example.py": code}))


@pytest.mark.parametrize(("rule", "code"), cases("reported_in_tests"))
def test_reported_in_tests(rule: str, code: str, read_files: Read) -> None:
    """Tests have rules of their own."""
    assert rule in rules(read_files({"test_example.py": code}))


@pytest.mark.parametrize(("rule", "code"), cases("let_pass_in_tests"))
def test_let_pass_in_tests(rule: str, code: str, read_files: Read) -> None:
    """What is wrong elsewhere may be right in a test."""
    assert rule not in rules(read_files({"test_example.py": code}))


def test_words_of_the_brief_mean_something(read_files: Read) -> None:
    """A take-home about spam may say spam."""
    code = "def spam(x):\n    return x\n"
    assert "meaningless-name" in rules(read_files({"example.py": code}))
    assert "meaningless-name" not in rules(read_files({"example.py": code}, brief_words=["Spam"]))


def test_requirements_that_cannot_be_read_are_nobodys_finding(read_files: Read) -> None:
    """Too large to be a list of requirements."""
    facts = read_files({"requirements.txt": "x\n" * 60_000, "setup.cfg": "[ruff]\n" * 60_000})
    assert "unpinned-dependency" not in rules(facts)
    assert [one["text"] for one in facts["suppressions"]] == [
        "not read: over the limit of 65,536 bytes for one source file"
    ]
