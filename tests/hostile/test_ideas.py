"""The corpus itself: many ideas, each told apart, each past the intake, as an attacker's would be."""

from __future__ import annotations

import re

import pytest

from grader.intake import IntakeLimits, take_bytes
from grader.intake.names import left_out
from tests.grader.intake.archives import ZipMember, zip_bytes
from tests.hostile.canaries import canaries
from tests.hostile.corpus import CORPUS
from tests.hostile.idea import BASES, MODULES, RUBRICS, Idea


def test_there_are_many_ideas_and_no_two_are_one() -> None:
    """A name is a test id, a submission is what counts."""
    assert len(CORPUS) >= 150
    assert len({idea.name for idea in CORPUS}) == len(CORPUS)
    assert len({tuple(sorted(idea.submission.items())) for idea in CORPUS}) == len(CORPUS)


@pytest.mark.parametrize("idea", CORPUS, ids=lambda idea: idea.name)
def test_an_idea_reaches_the_sandbox(idea: Idea) -> None:
    """What the intake stops would prove nothing about the sandbox; what it leaves out is known junk."""
    members = [ZipMember(path.encode(), content) for path, content in idea.submission.items()]
    intake = take_bytes(zip_bytes(*members), "idea.zip", IntakeLimits(ratio=2000), modules=MODULES)
    assert set(idea.submission) - set(intake.files) == {path for path in idea.submission if left_out(path)}


@pytest.mark.parametrize(
    "idea",
    [idea for idea in CORPUS if not idea.name.startswith(("parser-", "reader-"))],  # made to be hard to read
    ids=lambda idea: idea.name,
)
def test_an_idea_is_python_that_runs(idea: Idea) -> None:
    """An idea with a slip of the pen would pass for the wrong reason."""
    for path, content in idea.submission.items():
        if path.endswith(".py") and b"coding: utf-7" not in content and not content.startswith(b"\x89"):
            compile(content, path, "exec")


def test_bases_differ_from_the_right_solution_where_they_should() -> None:
    """The wrong one is wrong; the others are right, so that their other points count."""
    names: dict[str, dict[str, object]] = {}
    for name, base in BASES.items():
        if base.takehome != "flatten" or name in {"raising", "refusing"}:
            continue
        names[name] = {"__name__": name}
        exec(base.files["flatten.py"], names[name])  # noqa: S102 -- written above, harmless
    results = {name: scope["flatten"]({"a": {"b": 1}}) for name, scope in names.items()}  # type: ignore[operator]
    assert results == {
        "wrong": {},
        "hollow tests": {"a.b": 1},
        "messy": {"a.b": 1},
        "bare": {"a.b": 1},
    }


def test_there_are_canaries() -> None:
    """Else the search for leaks finds nothing because it looks for nothing."""
    assert len(canaries(RUBRICS / "flatten")) > 10


def test_the_threat_model_names_ideas_and_tests_that_exist() -> None:
    """A proof that was renamed or deleted is none."""
    page = (RUBRICS.parent / "docs" / "security.md").read_text()
    proofs = [
        row.rsplit("|", 2)[-2]
        for row in page.splitlines()
        if row.startswith("| ") and not row.startswith("| attack")
    ]
    named = {name for proof in proofs for name in re.findall(r"`([^`]+)`", proof)}
    files = {name for name in named if name.endswith((".py", "/"))}
    tests = RUBRICS.parent / "tests"
    places = [RUBRICS.parent, tests / "grader" / "intake", tests / "api" / "fetching"]
    assert named - files <= {idea.name for idea in CORPUS}
    assert [name for name in files if not any((place / name).exists() for place in places)] == []
