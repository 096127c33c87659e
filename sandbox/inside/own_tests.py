"""Runs the candidate's own tests beside the candidate's code. Whatever comes out of here is a claim."""

from __future__ import annotations

import gc
import json
import os
import socket
import sys
from collections.abc import Callable
from typing import Any

UNUSED_PLUGINS = (
    *("cacheprovider", "faulthandler", "junitxml", "pastebin", "setuponly", "setupplan", "stepwise"),
    "threadexception",
    "unraisableexception",  # it collects garbage five times at the end
)
"""Parts of pytest that a suite cannot miss; each costs time in every run."""
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
            record = {
                "id": report.nodeid,
                "outcome": "passed",
                "seconds": 0.0,
                "message": "",
                "path": path,
                "line": (line or 0) + 1,
            }
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
    import pytest

    os.chdir(root)
    sys.path.insert(0, root)
    sys.argv = ["pytest"]
    gc.set_threshold(50_000, 20, 20)
    recorder = Recorder(root)
    unused = [word for name in UNUSED_PLUGINS for word in ("-p", f"no:{name}")]
    arguments = ["-q", *unused, "--rootdir", root, *(f"./{path}" for path in select)]

    def session() -> int:
        return int(pytest.main(arguments, plugins=[recorder]))

    code, rows = measured(root, select, session) if coverage else (session(), [])
    problem = "\n".join(recorder.problems) or None
    if problem is None and int(code) not in (0, 1):
        problem = f"pytest ended with exit status {int(code)}" if int(code) != 5 else "pytest found no tests"
    answer = {"tests": list(recorder.records.values()), "coverage": rows, "problem": problem}
    sock.sendall(json.dumps(answer).encode())


def measured(root: str, leave_out: list[str], session: Callable[[], int]) -> tuple[int, list[dict[str, Any]]]:
    """Run `session` under coverage of `root`; its result, and a row for each file. No settings of theirs count."""
    import coverage
    import coverage.exceptions

    watch = coverage.Coverage(
        data_file=None,
        branch=True,
        config_file=False,
        source=[root],
        omit=[f"{root}/{path}" for path in leave_out],
        messages=False,
    )
    watch.start()
    try:
        code = session()
    finally:
        watch.stop()
    rows = []
    for path in sorted(watch.get_data().measured_files()):
        try:
            analysis = watch._analyze(path)
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
    return code, rows
