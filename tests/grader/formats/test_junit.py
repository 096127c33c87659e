"""JUnit XML: CI systems read it back as what happened."""

import pytest
from junitparser import Error, Failure, JUnitXml, Skipped, TestSuite

from grader.formats import junit
from grader.report import candidate_view
from tests.grader.formats.samples import samples

SAMPLES = samples()


def suites(name: str, *, candidate: bool = False) -> dict[str, TestSuite]:
    report, files = SAMPLES[name]()
    written = junit.render(candidate_view(report) if candidate else report, files)
    return {suite.name: suite for suite in JUnitXml.fromstring(written)}


@pytest.mark.parametrize("name", SAMPLES)
def test_every_report_is_well_formed(name: str) -> None:
    """Control characters, half pairs and markup of a candidate are not allowed in XML, or would change it."""
    assert "grading" in suites(name)
    assert "grading" in suites(name, candidate=True)


def test_tests_come_out_as_they_went() -> None:
    """Failed, error, time-out and flaky are told apart; flaky costs nothing and so fails nothing."""
    hidden = suites("middling")["hidden tests"]
    results = {case.name: [type(result) for result in case.result] for case in hidden}
    assert hidden.tests == 12
    assert results["test_one_level"] == []
    assert results["test_deep[900]"] == [Error]
    assert results["test_wide[100000]"] == [Failure]
    assert results["test_order"] == [Skipped]
    assert (hidden.failures, hidden.errors, hidden.skipped) == (2, 1, 1)


def test_a_failure_says_why_and_where() -> None:
    """The place in the candidate's code is what they can act on."""
    hidden = suites("middling")["hidden tests"]
    (failure,) = next(case for case in hidden if case.name == "test_not_a_dict").result
    assert failure.message == "AssertionError: flatten('abc') returned None; expected TypeError"
    assert failure.text.endswith("at flatten.py:22")


def test_points_are_properties() -> None:
    """JUnit has no points; CI shows properties."""
    properties = {one.name: one.value for one in suites("middling")["grading"].properties()}
    assert properties == {"outcome": "graded", "points": "19.25", "max": "40", "pending": "0"}


@pytest.mark.parametrize(("name", "kind"), [("ungradable", Failure), ("infrastructure_failed", Error)])
def test_what_was_not_graded_is_no_success(name: str, kind: type) -> None:
    """An empty JUnit file is green in CI."""
    (case,) = list(suites(name)["grading"])
    assert isinstance(case.result[0], kind)


def test_a_suite_that_did_not_run_is_an_error() -> None:
    """No tests found is not the same as all tests passed."""
    (case,) = list(suites("poor")["own tests"])
    assert isinstance(case.result[0], Error)
    assert case.result[0].message.startswith("no tests found")


def test_workloads_are_cases_with_their_figures() -> None:
    """CI systems draw the time of a case over builds."""
    found = suites("middling")["workloads"]
    wide, deep = list(found)
    assert (wide.name, wide.classname, wide.time) == ("broad-input", "test_flatten.py::test_separator", 0.51)
    assert "memory: 31.4 MB, 2.00 times the reference's 15.7 MB" in wide.system_out
    assert deep.result[0].message == "error"


def test_a_candidate_gets_items_as_cases() -> None:
    """Their report has no tests in it, so the criteria take the place."""
    found = suites("middling", candidate=True)
    assert list(found) == ["grading", "Correctness", "Error handling", "Their tests", "Clarity"]
    assert found["Correctness"].failures == 2
    assert found["Clarity"].failures == 4
    assert suites("poor", candidate=True)["Their tests"].skipped == 1
