"""From a take-home to a plan: which files are own tests, what variants consist of, which words a brief allows."""

from __future__ import annotations

import pytest

from grader.plan import plan_for, plan_for_tests, with_tests_of
from grader.takehome import find, shelf
from sandbox.contract import Limits


@pytest.mark.parametrize(
    ("path", "own"),
    [
        ("test_a.py", True),
        ("tests/test_a.py", True),
        ("tests/unit/test_a.py", True),
        ("pkg/a_test.py", True),
        ("tests/conftest.py", False),
        ("tests/data.py", False),
        ("solution.py", False),
        ("test_notes.txt", False),
    ],
)
def test_which_files_are_own_tests(path: str, own: bool) -> None:
    """conftest.py is support, not a test; pytest would not collect it either."""
    plan = plan_for_tests("greeting", {}, "base", Limits())
    assert (plan.own_tests({path: b""}) == (path,)) is own


def test_a_variant_is_its_code_with_the_candidates_tests_and_their_data() -> None:
    """Code of the candidate must not come along, nor the author's tests stay."""
    submission = {
        "solution.py": b"theirs",
        "test_own.py": b"theirs",
        "tests/conftest.py": b"theirs",
        "tests/case.json": b"theirs",
        "sample.csv": b"theirs",
    }
    variant = {"solution.py": b"ours", "test_ours.py": b"ours", "sample.csv": b"ours"}
    assert with_tests_of(submission, variant, ("test_own.py",)) == {
        "solution.py": b"ours",
        "sample.csv": b"ours",
        "test_own.py": b"theirs",
        "tests/conftest.py": b"theirs",
        "tests/case.json": b"theirs",
    }


def test_variants_of_a_take_home() -> None:
    """Whether known-bad solutions count depends on whether the reference is accepted, so it is always run."""
    bughunt = plan_for(find("bughunt-ledger", shelf()))
    assert [variant.role for variant in bughunt.variants][:2] == ["original", "reference"]
    flatten = plan_for(find("flatten", shelf()))
    assert [variant.role for variant in flatten.variants] == ["reference", *["known_bad"] * 3]


def test_words_of_the_brief_may_be_used_in_names() -> None:
    """`unflatten` is in no dictionary, but the brief asks for it."""
    assert "unflatten" in plan_for(find("flatten", shelf())).brief_words()
