"""The pytest plugin of the grading container: one record per test, re-runs, and what becomes of a lost candidate."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import _pytest.tmpdir
import pytest
from _pytest.runner import runtestprotocol

from . import members
from .driver import Driver
from .peer import Gone
from .plain import time

_MESSAGE = 8_000
_PATH = 4_000
_LINES = 10_000_000
_RERUN_TESTS = 10
_APART = (
    "\nnote: an object of the candidate's class {} that a function returned was compared with a plain value. Its own "
    "== is not asked about that, so the two are unequal. Compare an attribute, a text, or an object that the test "
    "made by calling the class."
)
_GONE = f"{Gone.__module__}.{Gone.__qualname__}: "
"""What pytest writes before it: a name of ours, which tells a reviewer nothing."""
_FINE = ("passed", "skipped", "xfailed")
_OUTCOME_OF = {"timeout": "timeout", "out_of_memory": "out_of_memory", "limit": "limit", "protocol": "limit"}


def clip(text: str, limit: int) -> str:
    """`text`, at most `limit` characters of it, saying so where it was cut: the error is at the end of a traceback."""
    if len(text) <= limit:
        return text
    note = f"\n[cut: {len(text):,} characters in all]\n"
    start = limit // 3
    return text[:start] + note + text[len(text) - (limit - start - len(note)) :]


def _temporary_folder(request: pytest.FixtureRequest, factory: pytest.TempPathFactory) -> Path:  # noqa: ARG001
    """`tmp_path` without the name of the test in it: the candidate's code gets to see the path."""
    return factory.mktemp("tmp", numbered=True)


class SuitePlugin:
    """Runs each test with a living candidate process and reports what became of it."""

    def __init__(
        self, driver: Driver, emit: Callable[[dict[str, Any]], None], limits: dict[str, Any], reruns: int
    ) -> None:
        self._driver = driver
        self._emit = emit
        self._limits = limits
        self._reruns = reruns
        self._rerun_budget = _RERUN_TESTS
        self._rerun_until = time.monotonic() + float(limits["suite_seconds"]) / 2
        self._reports: list[Any] = []
        self._places: list[Any] = []
        self.problems: list[str] = []
        self.usage: dict[str, Any] | None = None
        """What the candidate's side used in the running test, where that is measured."""

    def pytest_configure(self, config: pytest.Config) -> None:
        """Declare the marker that ties tests to criteria."""
        _pytest.tmpdir._mk_tmp = _temporary_folder
        config.addinivalue_line(
            "markers", "criterion(name): the rubric criterion that this test is evidence for"
        )
        config.addinivalue_line(
            "markers", "workload(name): what this test uses of processor and memory is measured"
        )

    def pytest_collectreport(self, report: Any) -> None:
        """A file that could not be collected is a problem of the whole grading."""
        if report.failed:
            self.problems.append(clip(f"{report.nodeid}: {report.longreprtext}", _MESSAGE))

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: Any) -> Any:
        """A candidate that dies while it is imported fails this file, not the session."""
        self._driver.line.clock.reset()
        self._driver.watch.begin()
        try:
            return (yield)
        except Gone as gone:
            self._driver.lose(gone)
            report = pytest.CollectReport(collector.nodeid, "failed", str(gone), [])
            return report
        finally:
            self._driver.watch.end()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: Any, nextitem: Any) -> bool:
        """Run one test, again if it failed and the rules allow, and report it."""
        attempts = []
        if self._driver.line.clock.total > float(self._limits["suite_seconds"]):
            self._emit(self._too_late(item))
            return True
        record = self._run(item, nextitem)
        attempts.append(record["outcome"])
        while record["outcome"] not in _FINE and len(attempts) <= self._reruns:
            if self._rerun_budget <= 0 or time.monotonic() > self._rerun_until:
                break
            self._rerun_budget -= 1
            if hasattr(item, "_initrequest"):
                item._initrequest()
            again = self._run(item, nextitem)
            attempts.append(again["outcome"])
            if again["outcome"] == "passed":
                break
        record["attempts"] = attempts[1:]
        self._emit(record)
        return True

    def _run(self, item: Any, nextitem: Any) -> dict[str, Any]:
        self._driver.line.clock.reset()
        self._driver.watch.begin()
        try:
            lost = self._watched(item, nextitem)
        finally:
            waited = self._driver.watch.end()
        record = self._record(item, lost)
        if record["outcome"] not in _FINE:  # a test that passes may well have paused by itself
            self._driver.line.clock.total += waited
        return record

    def _watched(self, item: Any, nextitem: Any) -> Gone | None:
        driver = self._driver
        members.compared_apart.clear()
        self._reports, self._places = [], []
        lost: Gone | None = None
        try:
            driver.alive()
            item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
            runtestprotocol(item, nextitem=nextitem, log=True)
            item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        except Gone as gone:
            lost = gone
        except KeyboardInterrupt:
            self._reports.append(_Interrupted(item.nodeid))
            self._tear_down_all(item)
        lost = lost or driver.lost
        if lost is not None:
            self._tear_down_all(item)
        return lost

    def _too_late(self, item: Any) -> dict[str, Any]:
        """The record of a test that is not run: the candidate's time for all of the suite is used up."""
        self._reports, self._places = [], []
        why = f"not run: the tests before it used up suite_seconds ({self._limits['suite_seconds']:g} s)"
        record = self._record(item, Gone("timeout", why))
        return record | {"limit": "suite_seconds", "attempts": []}

    def _tear_down_all(self, item: Any) -> None:
        """Fixtures of every scope hold objects of the lost process: let the next test make new ones."""
        try:
            item.session._setupstate.teardown_exact(None)
        except (Gone, Exception) as error:
            self.problems.append(
                clip(f"{item.nodeid}: tear-down after a lost candidate process: {error}", 500)
            )

    def _record(self, item: Any, lost: Gone | None) -> dict[str, Any]:
        outcome = _outcome(self._reports)
        failed = [report for report in self._reports if report.failed]
        message = "\n".join(getattr(report, "longreprtext", "") for report in failed)
        if failed and members.compared_apart:
            message += _APART.format(", ".join(sorted(members.compared_apart)))
        limit = None
        if lost is not None:
            outcome = _OUTCOME_OF.get(lost.reason, "failed")
            limit = lost.reason if outcome != "failed" else None
            why = lost.detail or lost.reason
            message = f"{why}\n{message.replace(f'{_GONE}{lost}', why)}"
        if outcome in ("skipped", "xfailed"):
            message = "\n".join(
                str(getattr(report, "longrepr", "")) for report in self._reports if report.skipped
            )
        place = self._places[-1] if self._places else None
        return {
            "event": "test",
            "id": item.nodeid,
            "outcome": outcome,
            "seconds": round(sum(getattr(report, "duration", 0.0) for report in self._reports), 6),
            "criteria": [str(a) for mark in item.iter_markers("criterion") for a in mark.args],
            "message": clip(message, _MESSAGE),
            "output": clip(_printed(self._reports), min(_MESSAGE, int(self._limits["output_bytes"]))),
            "path": place[0] if place else None,
            "line": place[1] if place else None,
            "suite_line": (item.location[1] or 0) + 1,
            "limit": limit,
            "workload": next(
                (str(mark.args[0]) for mark in item.iter_markers("workload") if mark.args), None
            ),
            "usage": self.usage,
        }

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: Any, call: Any) -> Any:  # noqa: ARG002 -- pytest passes by name
        """Note where in the candidate's code an exception came from."""
        self._driver.reporting = True
        try:
            report = yield
        finally:
            self._driver.reporting = False
        if call.excinfo is not None:
            error: BaseException | None = call.excinfo.value
            for _ in range(5):
                if error is None:
                    break
                where = vars(error).get("_bridge_where") if hasattr(error, "__dict__") else None
                if where:
                    path, line, _ = where[-1]
                    self._places.append((path[:_PATH], min(max(line, 1), _LINES)))
                    break
                error = error.__cause__ or error.__context__
        return report

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Keep the reports of the running test, sub-tests included."""
        self._reports.append(report)


class _Interrupted:
    """Stands for the report of a test in which the candidate raised KeyboardInterrupt."""

    when = "call"
    failed = True
    passed = skipped = False
    duration = 0.0
    sections: tuple[Any, ...] = ()
    longreprtext = "KeyboardInterrupt, raised by the candidate's code"

    def __init__(self, nodeid: str) -> None:
        self.nodeid = nodeid


def _outcome(reports: list[Any]) -> str:
    if any(report.failed for report in reports):
        failing = next(report for report in reports if report.failed)
        return "failed" if failing.when == "call" else "error"
    if any(hasattr(report, "wasxfail") for report in reports):
        return "xfailed"
    if any(report.skipped for report in reports):
        return "skipped"
    if any(report.when == "call" and report.passed for report in reports):
        return "passed"
    return "error"


def _printed(reports: list[Any]) -> str:
    seen: list[str] = []
    for report in reports:
        for title, text in report.sections:
            if title.startswith("Captured std") and text not in seen:
                seen.append(text)
    return "".join(seen)
