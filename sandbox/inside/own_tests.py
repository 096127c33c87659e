"""Runs the candidate's own tests beside the candidate's code. Whatever comes out of here is a claim."""

from __future__ import annotations

import json
import os
import socket
import sys
from typing import Any

from .keeper import UNUSED_PLUGINS

_TESTS = 2000
_MESSAGE = 2000
_LINES = 5000


class Recorder:
    """The pytest plugin that notes one record per test."""

    def __init__(self, root: str) -> None:
        self._root = root
        self.records: dict[str, dict[str, Any]] = {}
        self.problems: list[str] = []

    def pytest_collectreport(self, report: Any) -> None:
        """A file that cannot be collected."""
        if report.failed:
            self.problems.append(f"{report.nodeid}: {report.longreprtext}"[:_MESSAGE])

    def pytest_runtest_logreport(self, report: Any) -> None:
        """The worst phase decides."""
        record = self.records.get(report.nodeid)
        if record is None:
            if len(self.records) >= _TESTS:
                return
            path, line, _ = report.location
            record = {"id": report.nodeid, "outcome": "passed", "seconds": 0.0, "message": "", "path": path, "line": (line or 0) + 1}
            self.records[report.nodeid] = record
        record["seconds"] = round(record["seconds"] + report.duration, 6)
        if report.failed:
            record["outcome"] = "failed" if report.when == "call" else "error"
            record["message"] = report.longreprtext[-_MESSAGE:]
        elif hasattr(report, "wasxfail"):
            record["outcome"] = "xfailed"
        elif report.skipped:
            record["outcome"] = "skipped"
            record["message"] = str(report.longrepr)[-_MESSAGE:]


def run(sock: socket.socket, root: str, select: list[str], *, coverage: bool) -> None:
    """Run the test files `select` below `root` and send one JSON object."""
    import pytest  # noqa: PLC0415 -- imported by the keeper already, by name only here

    os.chdir(root)
    sys.path.insert(0, root)
    sys.argv = ["pytest"]
    measured = _start_coverage(root, select) if coverage else None
    recorder = Recorder(root)
    unused = [word for name in UNUSED_PLUGINS for word in ("-p", f"no:{name}")]
    arguments = ["-q", *unused, "--rootdir", root, *(f"./{path}" for path in select)]
    code = pytest.main(arguments, plugins=[recorder])
    rows = _coverage_rows(measured, root) if measured is not None else []
    problem = "\n".join(recorder.problems) or None
    if problem is None and int(code) not in (0, 1):
        problem = f"pytest ended with exit status {int(code)}" if int(code) != 5 else "pytest found no tests"  # noqa: PLR2004
    answer = {"tests": list(recorder.records.values()), "coverage": rows, "problem": problem}
    sock.sendall(json.dumps(answer).encode())


def _start_coverage(root: str, select: list[str]) -> Any:
    import coverage  # noqa: PLC0415

    measured = coverage.Coverage(
        data_file=None, branch=True, config_file=False, source=[root], omit=[f"{root}/{path}" for path in select],
        messages=False,
    )
    measured.start()
    return measured


def _coverage_rows(measured: Any, root: str) -> list[dict[str, Any]]:
    measured.stop()
    rows = []
    import coverage.exceptions  # noqa: PLC0415

    for path in sorted(measured.get_data().measured_files()):
        try:
            analysis = measured._analyze(path)
        except coverage.exceptions.CoverageException:
            continue  # a file that cannot be parsed has no coverage
        numbers = analysis.numbers
        rows.append(
            {
                "path": os.path.relpath(path, root),
                "statements": numbers.n_statements,
                "covered": numbers.n_executed,
                "branches": numbers.n_branches,
                "branches_covered": numbers.n_executed_branches,
                "missing_lines": sorted(analysis.missing)[:_LINES],
            }
        )
    return rows
