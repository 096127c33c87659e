"""A forged mutation score: what bounds it when no known-bad solution does."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from grader.evidence import Evidence
from grader.intake.submission import Intake, digest_of
from grader.measures import CATALOGUE
from grader.pipeline import grade
from grader.takehome import find, shelf
from tests.hostile.idea import BASES
from tests.hostile.ideas.mutating import IDEAS

pytestmark = pytest.mark.docker

MUTANTS = 10
TRIED = ("mutant-told-by-its-code",)
"""The others are tried by `make hostile`; each takes some seconds."""


def graded(service: Any, files: dict[str, bytes]) -> Evidence:
    """Without variants, so that only what was noticed counts."""
    job = service.grading.job(find("flatten", shelf()))
    plan = replace(job.plan, mutants=MUTANTS, variants=())
    ordered = dict(sorted(files.items()))
    return grade(service.grading.sandbox, plan, lambda: Intake(ordered, (), digest_of(ordered)))


def score(evidence: Evidence) -> Fraction:
    return CATALOGUE["own_tests.mutation_score"].of(evidence, {}).value or Fraction(0)


@pytest.fixture(scope="module")
def honest(grader_service: Any) -> Fraction:
    """What the hollow tests notice: whatever crashes."""
    evidence = graded(grader_service, dict(BASES["hollow tests"].files))
    assert evidence.own_tests is not None
    assert evidence.own_tests.mutation is not None
    assert evidence.own_tests.mutation.problem is None
    assert 0 < score(evidence) < 1
    return score(evidence)


@pytest.mark.parametrize(
    "idea",
    [
        pytest.param(idea, id=idea.name, marks=() if idea.name in TRIED else pytest.mark.exhaustive)
        for idea in IDEAS
    ],
)
def test_whoever_tells_changed_from_unchanged_code_gains_nothing(
    idea: Any, grader_service: Any, honest: Fraction
) -> None:
    """The same tests without the trick notice as much or more, as far as they are believed."""
    evidence = graded(grader_service, idea.submission)
    assert evidence.outcome == "graded", evidence.reason
    assert score(evidence) <= honest
