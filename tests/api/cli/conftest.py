"""Runs `grader` in this process, as a shell would see it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from api.cli.app import app

Grader = Callable[..., Result]


@pytest.fixture(scope="session")
def grader() -> Grader:
    """Called with arguments; `.exit_code`, `.stdout` and `.stderr` are what came of it."""

    def run(*arguments: object) -> Result:
        result = CliRunner().invoke(app, [str(each) for each in arguments], env={"COLUMNS": "100"})
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture(scope="session")
def flatten() -> Path:
    """The built-in take-home of that name."""
    return Path(__file__).resolve().parents[3] / "rubrics" / "flatten"
