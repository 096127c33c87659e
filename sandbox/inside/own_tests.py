"""Runs the candidate's own tests beside the candidate's code. Whatever comes out of here is a claim."""

from __future__ import annotations

import gc
import json
import os
import socket
import sys
from typing import Any

import pytest
from coverage import Coverage
from coverage.exceptions import CoverageException

from . import arcs, sessions

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


class OwnTests:
    """The candidate's tests, to be run once after a fork; what can be done before they are there is done first."""

    def __init__(self, root: str) -> None:
        """`root` is where the submission will lie; it must not exist yet."""
        self._root = root
        self.session = sessions.Prepared()
        os.mkdir(root)  # coverage takes the name of what is no folder for that of a package
        self._watch = _coverage(root)
        self._watch.start()  # the first start looks around and takes long
        self._watch.stop()
        arcs.use(self._watch)
        os.rmdir(root)

    def run(self, sock: socket.socket, select: list[str], *, coverage: bool) -> None:
        """Run the test files `select` of the submission and send one JSON object."""
        root = self._root
        os.chdir(root)
        sys.path.insert(0, root)
        sys.argv = ["pytest"]
        gc.set_threshold(50_000, 20, 20)
        recorder = Recorder(root)
        plugins = [recorder, Measuring(self._watch)] if coverage else [recorder]
        code = self.session.run(["--rootdir", root, *(f"./{path}" for path in select)], plugins)
        self._watch.stop()
        rows = _measured(self._watch, root, set(select)) if coverage else []
        problem = "\n".join(recorder.problems) or None
        if problem is None and code not in (0, 1):
            problem = f"pytest ended with exit status {code}" if code != 5 else "pytest found no tests"
        answer = {"tests": list(recorder.records.values()), "coverage": rows, "problem": problem}
        sock.sendall(json.dumps(answer).encode())


class Measuring:
    """The pytest plugin that starts to measure coverage when the first code of the submission may run."""

    def __init__(self, watch: Coverage) -> None:
        self._watch = watch

    @pytest.hookimpl(tryfirst=True)
    def pytest_load_initial_conftests(self) -> None:
        """Next their conftest files are imported, later their tests and their code."""
        self._watch.start()


def _coverage(root: str) -> Coverage:
    """Coverage of the files below `root`. No settings of theirs count."""
    watch = Coverage(data_file=None, branch=True, config_file=False, source=[root], messages=False)
    watch._warn_preimported_source = False  # it would look at every loaded module at each start
    return watch


def _measured(watch: Coverage, root: str, leave_out: set[str]) -> list[dict[str, Any]]:
    """A row for each measured file below `root` but those to leave out."""
    rows = []
    for path in sorted(watch.get_data().measured_files()):
        name = os.path.relpath(path, root)
        if name in leave_out:
            continue
        try:
            analysis = watch._analyze(path)
        except CoverageException:
            continue  # a file that cannot be parsed has no coverage
        numbers = analysis.numbers
        rows.append(
            {
                "path": name,
                "statements": numbers.n_statements,
                "covered": numbers.n_executed,
                "branches": numbers.n_branches,
                "branches_covered": numbers.n_executed_branches,
                "missing_lines": sorted(analysis.missing)[:_LINES],
            }
        )
    return rows
