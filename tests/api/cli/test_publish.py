"""`grader publish` on the database of the settings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from api.database.engine import plain_url
from api.service import Service
from api.takehomes.reading import by_name
from api.takehomes.tables import Check
from api.takehomes.versions import suites

Grader = Callable[..., Result]


@pytest.fixture
def settings(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of somebody whose service is `service`."""
    monkeypatch.setenv("GRADER_DATABASE_URL", plain_url(service.engine))
    monkeypatch.setenv("GRADER_DATA", str(service.settings.data))


def test_a_folder_is_published_and_waits_for_its_check(
    grader: Grader, flatten: Path, service: Service, settings: None
) -> None:
    result = grader("publish", flatten)

    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("flatten: suite version 1 (check waiting, not in force)")
    with service.sessions() as session:
        (line,) = suites(session, by_name(session, "flatten"))
    assert "on the command line" in line.suite.published_by


def test_a_waived_version_is_in_force(
    grader: Grader, flatten: Path, service: Service, settings: None
) -> None:
    result = grader("publish", flatten, "--waive", "checked on my machine")

    assert "suite version 1 (in force), rubric version 1 (in force)" in result.stdout
    with service.sessions() as session:
        (line,) = suites(session, by_name(session, "flatten"))
    assert line.suite.check == Check.WAIVED


def test_a_folder_that_is_no_take_home_is_refused(grader: Grader, tmp_path: Path) -> None:
    result = grader("publish", tmp_path)

    assert result.exit_code == 2
    assert "is not a take-home" in result.stderr


def test_without_a_service_nothing_is_published_into_a_new_one(
    grader: Grader, flatten: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Somebody who serves from another folder would wait in vain for what they published."""
    monkeypatch.setenv("GRADER_DATA", str(tmp_path / "none"))

    published = grader("publish", flatten)
    saved = grader("backup", tmp_path / "backup.tar")

    for result in (published, saved):
        assert result.exit_code == 2
        assert "No service has its data in" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_does_not_answer_is_our_failure(
    grader: Grader, flatten: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GRADER_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    monkeypatch.setenv("GRADER_DATA", str(tmp_path))

    result = grader("publish", flatten)

    assert result.exit_code == 4
    assert "error:" in result.stderr
