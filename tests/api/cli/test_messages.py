"""Wrong usage: one line that says what is wrong and what to type instead, status 2, and no container for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Grader = Callable[..., Result]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("grade NOWHERE -t flatten", "There is nothing at NOWHERE. Name the submission's folder or archive."),
        ("grade . -t flaten", "Did you mean 'flatten'?"),
        ("grade .", "Give either --takehome NAME (`grader takehome list` shows them) or --tests DIR."),
        ("grade . -t flatten --tests .", "Give either --takehome NAME"),
        ("grade . --tests NOWHERE", "There is no folder NOWHERE. --tests takes the folder of a test suite."),
        ("grade . . -t flatten -f json", "need a folder to go to: add --out FOLDER."),
        ("grade . . -t flatten -o FILE", "is a file; the reports of several submissions need a folder."),
        (
            "grade . --tests . --environment java",
            "no environment is called 'java'; there are base, web, data",
        ),
        ("takehome check NOWHERE", "No take-home is called 'NOWHERE', and there is no such folder."),
        ("takehome check .", ". is not a take-home: it holds no takehome.yaml."),
        ("takehome new Bad_Name", "is no name for a take-home"),
        ("takehome new .", "is no name for a take-home"),
        ("rubric check NOWHERE", "NOWHERE cannot be read: No such file or directory."),
        ("rescore NOWHERE -r FILE", "NOWHERE cannot be read: No such file or directory."),
        ("rescore FILE -r FILE", "FILE holds no evidence"),
    ],
)
def test_what_a_slip_is_answered_with(
    arguments: str, said: str, grader: Grader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names here are those of an empty folder with one file in it."""
    folder = tmp_path / "Some Folder"
    folder.mkdir()
    (folder / "FILE").write_text("nothing of use")
    monkeypatch.chdir(folder)
    result = grader(*arguments.split())
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.startswith("error: ")
    assert result.stdout == ""


def test_a_text_in_brackets_is_no_markup(grader: Grader) -> None:
    """Names of files are shown as they are."""
    assert "There is nothing at [bold]x[/]." in grader("grade", "[bold]x[/]", "-t", "flatten").stderr


def test_an_engine_that_does_not_answer_is_our_side(
    grader: Grader, flatten: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No Docker, no grade, and nothing is known about the submission: not status 1, not status 3."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    result = grader("grade", flatten / "reference", "-t", "flatten")
    assert result.exit_code == 4
    assert "`grader doctor` looks for the cause." in result.stderr


def test_an_unknown_level_is_told_before_anything_runs(grader: Grader, flatten: Path, tmp_path: Path) -> None:
    """Rescoring needs no engine, so it shows the same message quickest."""
    evidence = tmp_path / "evidence.json"
    evidence.write_text(UNGRADABLE)
    result = grader("rescore", evidence, "-r", flatten / "rubric.yaml", "--level", "wizard")
    assert result.exit_code == 2
    assert "The rubric `flatten` has no level `wizard`. It has: junior, mid, senior, staff." in result.stderr


def test_a_file_that_cannot_be_written(grader: Grader, flatten: Path, tmp_path: Path) -> None:
    """The report is computed by then, so the least is a plain message."""
    evidence = tmp_path / "evidence.json"
    evidence.write_text(UNGRADABLE)
    result = grader("rescore", evidence, "-r", flatten / "rubric.yaml", "-o", evidence / "report.txt")
    assert result.exit_code == 2
    assert "cannot be written: " in result.stderr


UNGRADABLE = """{
  "outcome": "ungradable", "reason": "The zip archive is truncated.",
  "submission": {"digest": "", "files": []},
  "takehome": {"name": "flatten", "title": "Flatten", "digest": "t"},
  "environment": {"name": "base", "image": "", "runtime": ""}
}"""
