"""What authors type: take-homes and rubrics, without an engine where none is needed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from grader.library import built_in
from grader.new_takehome import CannotMake, write
from grader.rubric import not_announced, parse
from grader.takehome import load, names, shelf

Grader = Callable[..., Result]


def test_every_built_in_take_home_is_listed(grader: Grader) -> None:
    """With what one chooses by."""
    result = grader("takehome", "list")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0].split() == ["Name", "Title", "For", "Minutes", "Environment"]
    rows = [
        line for line in result.stdout.splitlines()[1:] if not line.startswith(" ")
    ]  # long titles go on below
    assert [row.split()[0] for row in rows] == list(names(shelf()))


def test_a_new_take_home_can_be_loaded(grader: Grader, tmp_path: Path) -> None:
    """It has the name of its folder, at least six broken solutions, and a brief that announces its rubric."""
    folder = tmp_path / "our-task"
    result = grader("takehome", "new", folder)
    assert result.exit_code == 0
    assert f"grader takehome check {folder}" in result.stdout
    takehome = load(folder)
    assert takehome.name == "our-task"
    assert len(takehome.broken) >= 6
    rubric = parse(takehome.rubric_yaml, "rubric.yaml", built_in())
    assert rubric.name == "our-task"
    assert not_announced(rubric, takehome.brief) == ()


def test_a_new_take_home_overwrites_nothing(grader: Grader, tmp_path: Path) -> None:
    """Somebody's afternoon may be in there."""
    (tmp_path / "our-task").mkdir()
    (tmp_path / "our-task" / "brief.md").write_text("mine")
    result = grader("takehome", "new", tmp_path / "our-task")
    assert result.exit_code == 2
    assert "is there already and not empty" in result.stderr
    assert [path.name for path in (tmp_path / "our-task").iterdir()] == ["brief.md"]


@pytest.mark.parametrize(
    ("name", "proposal"),
    [("Our_Task", "our-task"), ("2nd try", "nd-try"), ("--", "my-task"), ("ü", "my-task")],
)
def test_a_bad_name_is_answered_with_a_good_one(name: str, proposal: str, tmp_path: Path) -> None:
    """The rule alone would leave them to try."""
    with pytest.raises(CannotMake, match=f"such as '{proposal}'"):
        write(tmp_path / name)


def test_a_new_take_home_needs_a_folder_that_can_be_written(tmp_path: Path) -> None:
    """A file stands where a folder is needed."""
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotMake, match="cannot be written"):
        write(tmp_path / "file" / "our-task")


@pytest.mark.docker
def test_a_new_take_home_is_fit_to_publish_and_one_that_is_spoiled_is_not(
    grader: Grader, tmp_path: Path
) -> None:
    """The promise of `takehome new`, and what an author sees who breaks it."""
    folder = tmp_path / "our-task"
    write(folder)
    result = grader("takehome", "check", folder)
    assert result.exit_code == 0, result.stdout
    assert "our-task: fit to publish" in result.stdout
    reference = folder / "reference" / "word_count.py"
    reference.write_text(reference.read_text().replace("ranked[:number]", "ranked"))
    result = grader("takehome", "check", folder)
    assert result.exit_code == 1
    assert "our-task: not fit to publish" in result.stdout
    assert "reference does not pass test_word_count_hidden.py::test_at_most_so_many[1]" in result.stdout


@pytest.mark.docker
def test_a_suite_that_cannot_run_against_its_reference_is_told_at_once(
    grader: Grader, tmp_path: Path
) -> None:
    """Nothing else that the check could say would help."""
    folder = tmp_path / "our-task"
    write(folder)
    (folder / "hidden_tests" / "test_word_count_hidden.py").write_text(
        "from word_count import no_such_function\n"
    )
    result = grader("takehome", "check", folder)
    assert result.exit_code == 2
    assert "The hidden suite of our-task cannot be run against its reference" in result.stderr


def test_a_right_rubric(grader: Grader, flatten: Path) -> None:
    """It says what it read, so that one sees that it was the right file."""
    result = grader("rubric", "check", flatten / "rubric.yaml")
    assert result.exit_code == 0
    assert (
        result.stdout
        == f"{flatten / 'rubric.yaml'}: fine (7 criteria, 43 items, levels: junior, mid, senior, staff)\n"
    )


def test_a_wrong_rubric(grader: Grader, flatten: Path, tmp_path: Path) -> None:
    """File, line, what, and a hint."""
    text = (flatten / "rubric.yaml").read_text()
    (tmp_path / "rubric.yaml").write_text(text.replace("use: library/tests@2", "use: library/test@2", 1))
    result = grader("rubric", "check", tmp_path / "rubric.yaml")
    assert result.exit_code == 2
    line = next(n for n, line in enumerate(text.splitlines(), 1) if "use: library/tests@2" in line)
    assert f"rubric.yaml:{line}: criteria[4].use: the library has no `test@2`." in result.stderr
    assert "Did you mean `tests@2`?" in result.stderr


@pytest.mark.parametrize("document", ["rubric", "report", "evidence", "candidate_report"])
def test_schemas_are_printed(grader: Grader, document: str) -> None:
    """For editors and for whoever reads our reports by program."""
    result = grader("rubric", "schema", document)
    assert result.exit_code == 0
    assert json.loads(result.stdout)["title"]


def test_the_library_is_listed_and_shown(grader: Grader) -> None:
    """By name and version; `use` takes the same name."""
    assert "tests@1: Your own tests (passes, enough," in grader("rubric", "library").stdout
    assert "id: tests\nversion: 1" in grader("rubric", "library", "library/tests@1").stdout
    unknown = grader("rubric", "library", "tests@7")
    assert unknown.exit_code == 2
    assert "tests@1" in unknown.stderr


def test_a_rubric_is_written_out(grader: Grader) -> None:
    """As a service stores it: nothing is taken from anywhere any more."""
    path = shelf() / "flatten" / "rubric.yaml"
    whole = grader("rubric", "resolve", path)
    assert whole.exit_code == 0
    assert parse(whole.stdout, "whole") == parse(path.read_text(encoding="utf-8"), "short", built_in())
