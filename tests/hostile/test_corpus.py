"""Grades every hostile idea for real: no point gained, no hidden text shown, in time, and nothing left behind."""

from __future__ import annotations

import json
import subprocess
import time
from functools import cache
from typing import Any

import pytest

from grader.intake import IntakeLimits, take_bytes
from grader.report import Report, candidate_view
from tests.grader.intake.archives import ZipMember, zip_bytes
from tests.hostile.canaries import canaries
from tests.hostile.corpus import CORPUS
from tests.hostile.idea import ALREADY_SEEN, BASES, MODULES, RUBRICS, Idea

pytestmark = pytest.mark.docker


def grade(service: Any, takehome: str, files: dict[str, bytes]) -> Report:
    """The whole way of an upload: packed, taken over, graded."""
    members = [ZipMember(path.encode(), content) for path, content in files.items()]
    intake = take_bytes(zip_bytes(*members), "idea.zip", IntakeLimits(ratio=2000), modules=MODULES)
    report: Report = service.grade_files(takehome, intake.files)
    return report


@pytest.fixture(scope="session")
def baseline(grader_service: Any) -> Any:
    """Grades a base once; called with its name."""
    return cache(lambda base: grade(grader_service, BASES[base].takehome, dict(BASES[base].files)))


def points(report: Report) -> float:
    return report.score.points if report.score else 0.0


def share(report: Report) -> float:
    return report.score.share if report.score else 0.0


def passed(report: Report) -> set[str]:
    tests = report.evidence.hidden_tests.tests if report.evidence.hidden_tests else ()
    return {test.id for test in tests if test.outcome == "passed"}


EVERY = 5
"""`make test` takes every fifth idea, so that it stays short; `make hostile` takes them all."""
IDEAS = [
    pytest.param(idea, id=idea.name, marks=() if number % EVERY == 0 else pytest.mark.exhaustive)
    for number, idea in enumerate(CORPUS)
]


@pytest.mark.parametrize("idea", IDEAS)
def test_an_idea_gains_nothing_and_breaks_nothing(idea: Idea, grader_service: Any, baseline: Any) -> None:
    """The same work with the trick earns at most what it earns without."""
    honest = baseline(idea.base)
    started = time.monotonic()
    report = grade(grader_service, idea.takehome, idea.submission)
    seconds = time.monotonic() - started
    assert str(report.outcome) in idea.outcomes, report.reason
    assert passed(report) <= passed(honest)
    assert points(report) <= points(honest)
    assert share(report) <= share(honest)
    assert seconds < idea.seconds
    assert_nothing_leaked(report, idea)


def assert_nothing_leaked(report: Report, idea: Idea) -> None:
    """Neither to the candidate, nor out of the box where the idea had no business to look."""
    shown = candidate_view(report).model_dump_json()
    text = json.dumps(json.loads(shown), ensure_ascii=False)
    own = "\n".join(content.decode("utf-8", "replace") for content in idea.submission.values())
    assert [
        canary for canary in canaries(RUBRICS / idea.takehome) if canary in text and canary not in own
    ] == []
    assert ALREADY_SEEN not in text
    if idea.finds_nothing and report.evidence.hidden_tests:
        seen = [
            test.id
            for test in report.evidence.hidden_tests.tests
            if ALREADY_SEEN in test.message + test.output
        ]
        assert seen == []


@pytest.mark.parametrize("takehome", sorted({base.takehome for base in BASES.values()}))
def test_an_honest_submission_is_graded_as_ever_afterwards(takehome: str, grader_service: Any) -> None:
    """Other gradings are unaffected: runs last in this file."""
    reference = RUBRICS / takehome / "reference"
    files = {
        str(path.relative_to(reference)): path.read_bytes() for path in reference.rglob("*") if path.is_file()
    }
    report = grade(grader_service, takehome, files)
    assert report.score is not None
    assert report.score.points == report.score.max


def test_nothing_of_a_submission_is_left_on_the_engine(grader_service: Any) -> None:
    """Candidate boxes die with their grading; those that are warm have never run anything."""
    grade(grader_service, "flatten", dict(BASES["wrong"].files))
    done = subprocess.run(
        ["docker", "ps", "--format", "{{.ID}}"], capture_output=True, text=True, check=True, timeout=60
    )
    for container in done.stdout.split():
        top = subprocess.run(
            ["docker", "top", container, "-o", "args"],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert "sleep 9999" not in top.stdout
