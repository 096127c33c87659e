"""Claims of the candidate's side become bounded facts, whatever they are; records of the suite keep their meaning."""

from __future__ import annotations

from typing import Any

import pytest

from grader import evidence as e
from grader.collected import (
    MAX_LINES,
    MAX_TESTS,
    MAX_TEXT,
    hidden_tests_of,
    own_tests_of,
    seconds_of,
    variant_of,
)
from grader.evidence import HiddenTest, OwnTest, OwnTests
from grader.plan import KnownTest
from sandbox import contract
from sandbox.contract import DriveResult, OwnTestsResult

PATHS = {"solution.py", "test_own.py"}
SURROGATE = "\ud800"


def own_test(**row: Any) -> OwnTest:
    [test] = own_tests_of(OwnTestsResult(tests=(row,)), PATHS, {"test_own.py::test_a": 2}, ()).tests
    return test


def coverage(**row: Any) -> OwnTests:
    whole = {
        "path": "solution.py",
        "statements": 10,
        "covered": 9,
        "branches": 4,
        "branches_covered": 2,
        **row,
    }
    return own_tests_of(OwnTestsResult(coverage=(whole,)), PATHS, {}, ())


def hidden_test(record: contract.TestRecord) -> HiddenTest:
    [test] = hidden_tests_of(DriveResult((record,)), "s", None, PATHS).tests
    return test


@pytest.mark.parametrize("outcome", ["PASSED", "missing", None, 1, ["passed"], {"passed": 1}])
def test_an_outcome_of_their_own_is_an_error(outcome: Any) -> None:
    """Only outcomes that pytest has can be claimed."""
    assert own_test(id="test_a", outcome=outcome).outcome is e.TestOutcome.ERROR


@pytest.mark.parametrize("text", [SURROGATE, "x" * 10 * MAX_TEXT, 7, None, ["x"]])
def test_any_text_is_bounded_unicode(text: Any) -> None:
    """A lone surrogate in a message once would have ended the grading: it fits JSON, but no UTF-8 document."""
    result = OwnTestsResult(tests=({"id": text, "message": text},), problem=text, limit=text)
    own_tests = own_tests_of(result, PATHS, {}, ())
    assert OwnTests.model_validate_json(own_tests.model_dump_json()) == own_tests
    assert len(own_tests.tests[0].message) <= MAX_TEXT


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), -1, 10**400, "1", True, None])
def test_a_duration_that_cannot_be_is_none(seconds: Any) -> None:
    """Neither infinity nor nonsense reaches a report."""
    assert seconds_of(seconds) is None
    assert own_test(id="test_a", outcome="passed", seconds=seconds).seconds == 0


@pytest.mark.parametrize(
    ("path", "line"), [("../etc/passwd", 1), ("hidden.py", 1), (None, 1), (["solution.py"], 1)]
)
def test_a_place_outside_the_submission_is_none(path: Any, line: int) -> None:
    """Links in a report lead to the submission's files only."""
    assert own_test(id="test_a", outcome="failed", path=path, line=line).place is None


@pytest.mark.parametrize("line", [0, -3, "7", 10**400, True, None])
def test_an_impossible_line_is_the_first(line: Any) -> None:
    """The file is still worth a link."""
    place = own_test(id="test_a", outcome="failed", path="test_own.py", line=line).place
    assert place is not None
    assert place.line == 1


def test_assertions_are_counted_in_the_source_not_claimed() -> None:
    """Parameters of a test share its source."""
    assert own_test(id="test_own.py::test_a[1-2]", outcome="passed", assertions=99).assertions == 2
    assert own_test(id="test_own.py::test_b", outcome="passed", assertions=99).assertions is None


def test_coverage_is_at_most_everything() -> None:
    """More than 100 % would outweigh the uncovered files."""
    [row] = coverage(
        covered=10_000, branches_covered=99, missing_lines=[3, -1, "4", *range(5, 9000)]
    ).coverage
    assert (row.covered, row.branches_covered) == (10, 4)
    assert row.missing_lines[:3] == (3, 5, 6)
    assert len(row.missing_lines) <= MAX_LINES


@pytest.mark.parametrize(
    "row",
    [{"path": "other.py"}, {"path": None}, {"statements": -1}, {"covered": "9"}, {"branches": 10**400}],
)
def test_coverage_that_cannot_be_is_dropped(row: dict[str, Any]) -> None:
    """What is left out earns nothing."""
    assert coverage(**row).coverage == ()


def test_ten_thousand_own_tests_are_cut() -> None:
    """A report that nobody can open helps nobody."""
    rows = tuple({"id": f"test_{number}", "outcome": "passed"} for number in range(10_000))
    assert len(own_tests_of(OwnTestsResult(tests=rows), PATHS, {}, ()).tests) == MAX_TESTS


@pytest.mark.parametrize(
    ("claimed", "problem", "outcome"),
    [
        (["passed", "passed"], None, "accepted"),
        (["passed", "failed"], None, "rejected"),
        (["passed", "error"], None, "not_run"),
        (["passed"], "crashed", "not_run"),
        ([], None, "not_run"),
        (["skipped"], None, "not_run"),
    ],
)
def test_what_own_tests_say_about_other_code(claimed: list[str], problem: str | None, outcome: str) -> None:
    """Tests that crash on everything would otherwise catch every known-bad solution."""
    rows = tuple({"id": str(n), "outcome": each, "message": "SECRET"} for n, each in enumerate(claimed))
    variant = variant_of("rude", "known_bad", OwnTestsResult(tests=rows, problem=problem))
    assert variant.outcome == outcome
    assert "SECRET" not in variant.model_dump_json()


@pytest.mark.parametrize(
    ("outcome", "attempts", "flaky"),
    [
        ("passed", (), False),
        ("failed", ("failed",), False),
        ("failed", ("passed",), True),
        ("timeout", ("passed",), True),
    ],
)
def test_a_test_whose_re_run_passes_is_flaky(outcome: str, attempts: tuple[str, ...], flaky: bool) -> None:
    """Disagreement must cost nothing; two failures are a failure."""
    assert hidden_test(contract.TestRecord("test_a", outcome, attempts=attempts)).flaky is flaky


def test_text_in_records_of_the_suite_is_unicode() -> None:
    """The grading seat quotes what the candidate's code printed and raised."""
    test = hidden_test(contract.TestRecord("test_a", "failed", message=SURROGATE, output=SURROGATE))
    assert (test.message, test.output) == ("?", "?")
    problem = hidden_tests_of(DriveResult((), SURROGATE), "s", (KnownTest("test_a"),), PATHS)
    assert problem.problem == problem.tests[0].message == "?"


def test_a_failure_points_into_the_submission_or_nowhere() -> None:
    """The candidate can raise with any file name in the traceback."""
    place = hidden_test(contract.TestRecord("test_a", "failed", path="solution.py", line=3)).place
    assert place is not None
    assert (place.path, place.line) == ("solution.py", 3)
    assert hidden_test(contract.TestRecord("test_a", "failed", path="/etc/passwd", line=3)).place is None


FAILURE = """\
    def test_a():
>       assert f(1) == 2
E       assert 3 == 2
E        +  where 3 = f(1)

test_a.py:3: AssertionError"""
CHAIN = """\
E   KeyError: 'a'

The above exception was the direct cause of the following exception:

>   raise ConfigError from error
E   AssertionError:
E   assert -9 == 0"""


@pytest.mark.parametrize(
    ("message", "first"),
    [
        (FAILURE, "assert 3 == 2"),
        (CHAIN, "AssertionError: assert -9 == 0"),
        ("timed out after 5 s", "timed out after 5 s"),
        ("", ""),
        ("E " + "x" * 9999, "x" * 300),
    ],
)
def test_the_first_line_of_a_message_says_what_happened(message: str, first: str) -> None:
    """Reports show it beside the test; the marker of the test, or its arguments, would explain nothing there."""
    shown = hidden_test(contract.TestRecord("test_a", "failed", message=message)).message
    assert shown.partition("\n")[0] == first
    assert shown.endswith(message)
