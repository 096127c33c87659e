"""A pytest plugin that writes each test's outcome to the file named by CONFORMANCE_RECORD, one JSON object a line.

Loaded by `-p recorder` into the pytest of the one-process run. It must not change what the suite does.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

_FIRST_OF_TRACEBACK = 600
_RECORD = Path(os.environ["CONFORMANCE_RECORD"])
"""Read before any test runs: suites replace the environment."""


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note every phase that says something: a pass counts only when no later phase of the same test failed."""
    if report.when == "call" or report.outcome != "passed":
        outcome = "xfailed" if hasattr(report, "wasxfail") else report.outcome
        _write(
            {"id": report.nodeid, "outcome": outcome, "message": report.longreprtext[-_FIRST_OF_TRACEBACK:]}
        )


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """Note a module that could not be imported: its tests have no ids."""
    if report.failed:
        _write(
            {
                "id": report.nodeid,
                "outcome": "uncollected",
                "message": report.longreprtext[-_FIRST_OF_TRACEBACK:],
            }
        )


def _write(record: dict[str, str]) -> None:
    with _RECORD.open("a", encoding="utf-8") as out:
        out.write(json.dumps(record) + "\n")
