"""`grader rescore`: a pure function of stored evidence, rubric and judgements, typed at a shell."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from typer.testing import Result

from grader.evidence import TakehomeId
from grader.intake.submission import Intake, digest_of
from grader.pipeline import grade
from grader.plan import Plan
from sandbox.contract import Suite
from tests.grader.fake_sandbox import FakeSandbox

Grader = Callable[..., Result]
RUBRIC = """\
rubric: 1
name: greeting
title: Greeting
version: 1
criteria:
  - id: core
    title: Core
    announced: "Greet."
    items:
      - {id: works, kind: scaled, title: Works, points: 60, measure: hidden_tests.share}
      - id: clear
        kind: human
        title: Clear
        points: 40
        question: Is it clear?
        choices: [{id: yes_, share: 1, text: "Yes."}, {id: no_, share: 0, text: "No."}]
"""


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    """Evidence of one submission, stored."""
    files = {"greeting.py": b"def greet(name):\n    return name\n"}
    plan = Plan(
        TakehomeId(name="greeting", title="Greeting", digest="t"), "base", Suite(digest="s", files={})
    )
    found = grade(FakeSandbox(), plan, lambda: Intake(files, (), digest_of(files)))
    path = tmp_path / "evidence.json"
    path.write_text(found.model_dump_json())
    return path


@pytest.fixture
def rubric(tmp_path: Path) -> Path:
    path = tmp_path / "rubric.yaml"
    path.write_text(RUBRIC)
    return path


def scored(grader: Grader, evidence: Path, rubric: Path, *more: object) -> Any:
    result = grader("rescore", evidence, "-r", rubric, "-f", "json", *more)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_the_same_input_gives_the_same_bytes(
    grader: Grader, evidence: Path, rubric: Path, tmp_path: Path
) -> None:
    """Also from a report, which holds its evidence: scoring it again changes nothing."""
    for name in ("first.json", "second.json"):
        result = grader("rescore", evidence, "-r", rubric, "-f", "json", "-o", tmp_path / name)
        assert result.exit_code == 0
        assert result.stderr == f"report: {tmp_path / name}\n"
    grader("rescore", tmp_path / "first.json", "-r", rubric, "-f", "json", "-o", tmp_path / "third.json")
    first = (tmp_path / "first.json").read_bytes()
    assert first == (tmp_path / "second.json").read_bytes() == (tmp_path / "third.json").read_bytes()


def test_a_slash_at_the_end_means_a_folder(
    grader: Grader, evidence: Path, rubric: Path, tmp_path: Path
) -> None:
    """`--out reports/` is typed before there is one."""
    result = grader("rescore", evidence, "-r", rubric, "-f", "html", "-o", f"{tmp_path}/reports/")
    assert result.exit_code == 0
    assert [path.name for path in (tmp_path / "reports").iterdir()] == ["report.html"]


def test_another_rubric_gives_another_score(grader: Grader, evidence: Path, rubric: Path) -> None:
    """From the same facts."""
    assert scored(grader, evidence, rubric)["score"]["points"] == 60
    rubric.write_text(RUBRIC.replace("points: 60", "points: 30"))
    assert scored(grader, evidence, rubric)["score"]["points"] == 30


def test_what_people_decided_counts(grader: Grader, evidence: Path, rubric: Path, tmp_path: Path) -> None:
    """An answer to a question, and an override with its reason."""
    decided = tmp_path / "judgements.yaml"
    decided.write_text(
        "judgements:\n"
        "  - {target: clear, by: ana, reason: Reads well., choice: yes_}\n"
        "  - {target: works, by: ben, reason: The test was wrong., points: 50}\n"
    )
    report = scored(grader, evidence, rubric, "--judgements", decided)
    assert report["score"]["points"] == 90
    assert report["score"]["pending"] == 0


def test_a_wrong_file_of_judgements(grader: Grader, evidence: Path, rubric: Path, tmp_path: Path) -> None:
    """With its line, like any other file that people write."""
    decided = tmp_path / "judgements.yaml"
    decided.write_text("judgements:\n  - {target: clear, by: ana, reason: Reads well.}\n")
    result = grader("rescore", evidence, "-r", rubric, "--judgements", decided)
    assert result.exit_code == 2
    assert "judgements.yaml:2:" in result.stderr


def test_every_format(grader: Grader, evidence: Path, rubric: Path) -> None:
    """Each is what its readers parse."""
    text = {
        each: grader("rescore", evidence, "-r", rubric, "-f", each)
        for each in ("text", "html", "junit", "sarif")
    }
    assert all(result.exit_code == 0 for result in text.values())
    assert "60 / 60" in text["text"].stdout
    assert text["html"].stdout.startswith("<!doctype html>")
    assert ET.fromstring(text["junit"].stdout).tag == "testsuites"  # noqa: S314 -- our own document
    assert json.loads(text["sarif"].stdout)["version"] == "2.1.0"


def test_questions_come_from_a_stored_report(grader: Grader, evidence: Path, tmp_path: Path) -> None:
    """Of a report as it was written, or of evidence that is scored first."""
    rubric = tmp_path / "rubric.yaml"
    rubric.write_text(RUBRIC)
    report = tmp_path / "report.json"
    assert grader("rescore", evidence, "--rubric", rubric, "--format", "json", "--out", report).exit_code == 0

    stored, scored = grader("questions", report), grader("questions", evidence, "--rubric", rubric)

    assert stored.exit_code == scored.exit_code == 0
    assert stored.stdout == scored.stdout
    assert "You get one more day for this." in " ".join(stored.stdout.split())


def test_questions_need_a_report_or_a_rubric(grader: Grader, evidence: Path) -> None:
    """What is missing is named."""
    alone = grader("questions", evidence)
    assert alone.exit_code == 2
    assert "is no reviewer's report" in " ".join(alone.stderr.split())
    assert "--rubric FILE" in " ".join(alone.stderr.split())
    level = grader("questions", evidence, "--level", "senior")
    assert level.exit_code == 2
