"""JUnit XML, for CI systems: the hidden tests and the candidate's own tests as suites.

A candidate's report has no tests in it; its suites are the criteria and its cases the items. JUnit knows no
points, so they are properties. A submission that could not be graded is one failure, a grading that we could not
do is one error: neither is an empty file, which CI would show as a success.
"""

from __future__ import annotations

import io
from collections.abc import Iterable

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from grader.evidence import HiddenTest, HiddenTests, Outcome, OwnTest, OwnTests, Resources, TestOutcome
from grader.formats.interface import AnyReport
from grader.formats.summary import TEST_OUTCOMES, compared, points
from grader.formats.visible import one_line, some_lines
from grader.report import CandidateCriterion, CandidateItem, Report, Score
from sandbox.contract import Files

MESSAGE_LINES = 200
_ERRORS = frozenset({TestOutcome.ERROR, TestOutcome.MISSING})


def render(report: AnyReport, files: Files) -> bytes:
    """Write `report` as JUnit XML in UTF-8. `files` is not needed."""
    del files
    suites = _reviewer_suites(report) if isinstance(report, Report) else map(_criterion, report.criteria)
    document = JUnitXml("take-home grading")
    for suite in (*_outcome(report), *suites):
        document.add_testsuite(suite)
    document.update_statistics()  # type: ignore[no-untyped-call]
    out = io.BytesIO()
    document.write(out, pretty=True)
    return out.getvalue()


def _outcome(report: AnyReport) -> Iterable[TestSuite]:
    """One suite for the grading itself, which carries the points."""
    suite = TestSuite("grading")
    case = TestCase("outcome", "grading")
    if report.outcome is Outcome.UNGRADABLE:
        case.result = [Failure(one_line(report.reason, 2000), "ungradable")]
    elif report.outcome is Outcome.INFRASTRUCTURE_FAILED:
        case.result = [Error(one_line(report.reason, 2000), "infrastructure_failed")]
    suite.add_testcase(case)
    suite.add_property("outcome", report.outcome.value)
    _add_score(suite, report.score)
    yield suite


def _add_score(suite: TestSuite, score: Score | None) -> None:
    if score is not None:
        suite.add_property("points", points(score.points))
        suite.add_property("max", points(score.max))
        suite.add_property("pending", points(score.pending))


def _reviewer_suites(report: Report) -> Iterable[TestSuite]:
    evidence = report.evidence
    if evidence.hidden_tests is not None:
        yield _hidden(evidence.hidden_tests)
    if evidence.own_tests is not None:
        yield _own(evidence.own_tests)
    if evidence.resources is not None:
        yield _workloads(evidence.resources)


def _hidden(hidden: HiddenTests) -> TestSuite:
    suite = TestSuite("hidden tests")
    suite.add_property("established_by", hidden.source)
    suite.add_property("suite_digest", hidden.suite_digest)
    for test in hidden.tests:
        suite.add_testcase(_hidden_case(test))
    _add_problem(suite, hidden.problem)
    return suite


def _hidden_case(test: HiddenTest) -> TestCase:
    case = _case(test)
    if test.flaky:
        attempts = ", ".join(TEST_OUTCOMES[attempt] for attempt in (test.outcome, *test.attempts))
        case.result = [Skipped(f"flaky ({attempts}): costs nothing", "flaky")]
    if test.output:
        case.system_out = some_lines(test.output, MESSAGE_LINES)
    return case


def _own(own: OwnTests) -> TestSuite:
    suite = TestSuite("own tests")
    suite.add_property("established_by", own.source)
    for test in own.tests:
        suite.add_testcase(_case(test))
    _add_problem(suite, own.problem)
    return suite


def _workloads(resources: Resources) -> TestSuite:
    """Their time is that of the candidate's run; all figures are in the output."""
    suite = TestSuite("workloads")
    suite.add_property("established_by", resources.source)
    for workload in resources.workloads:
        case = TestCase(one_line(workload.name), one_line(workload.test, 500))
        if workload.candidate is not None:
            case.time = workload.candidate.wall_seconds
        if workload.outcome is not TestOutcome.PASSED:
            case.result = [Skipped(TEST_OUTCOMES[workload.outcome], "not measured")]
        case.system_out = "\n".join(
            f"{one.what}: {one.candidate}, {one.times} times the reference's {one.reference}"
            for one in compared(workload)
        )
        suite.add_testcase(case)
    return suite


def _add_problem(suite: TestSuite, problem: str | None) -> None:
    """A suite that could not run (all of it) must not look like one that passed."""
    if problem is not None:
        case = TestCase("the suite runs", suite.name)
        case.result = [Error(one_line(problem, 2000), "problem")]
        suite.add_testcase(case)


def _case(test: HiddenTest | OwnTest) -> TestCase:
    module, _, name = one_line(test.id, 500).partition("::")
    case = TestCase(name or module, module, round(test.seconds, 6))
    if test.outcome is TestOutcome.PASSED:
        return case
    summary = one_line(test.message or TEST_OUTCOMES[test.outcome])
    kind = Error if test.outcome in _ERRORS else Failure
    result = Skipped(summary) if test.outcome is TestOutcome.SKIPPED else kind(summary, test.outcome.value)
    place = f"\n\nat {one_line(test.place.path)}:{test.place.line}" if test.place else ""
    result.text = some_lines(test.message, MESSAGE_LINES) + place
    case.result = [result]
    return case


def _criterion(criterion: CandidateCriterion) -> TestSuite:
    suite = TestSuite(one_line(criterion.title))
    suite.add_property("points", points(criterion.points))
    suite.add_property("max", points(criterion.max))
    for item in criterion.items:
        suite.add_testcase(_item(item, criterion.id))
    return suite


def _item(item: CandidateItem, criterion: str) -> TestCase:
    case = TestCase(one_line(item.title), criterion)
    why = f"{points(item.points)} of {points(item.max)} points: {one_line(item.why)}"
    if item.status != "judged":
        case.result = [Skipped(one_line(item.why), item.status)]
    elif item.points < item.max:
        case.result = [Failure(why, "points")]
    return case
