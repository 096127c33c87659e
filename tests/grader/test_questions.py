"""The question kit: drawn from the evidence, the most telling first, spread over criteria, for reviewers only."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from grader import evidence as e
from grader.formats.questions import text_of
from grader.library import built_in
from grader.questions import MOST, PER_CRITERION
from grader.report import Question, Report, candidate_view
from grader.rubric import Rubric, parse
from grader.scoring import score

RUBRIC = """\
rubric: 1
name: greeting
title: Greeting
version: 1
criteria:
  - id: core
    title: Greeting people
    announced: "Greet."
    weight: 60
    items: [{use: library/correctness@1/works, with: {criterion: core}}]
  - {use: library/tests@1, announced: "Test."}
  - {use: library/errors@1, announced: "Errors."}
  - {use: library/readability@1, announced: "Readable."}
  - id: simple
    title: Simple
    announced: "Simple."
    items:
      - use: library/simplicity@1
      - use: library/style@1/unsilenced
      - {use: library/performance@1/memory, with: {workload: SECRET-load}}
levels:
  senior: {title: Senior}
"""
PLACE = e.Place(path="solution.py", line=4)


@pytest.fixture(scope="module")
def rubric() -> Rubric:
    return parse(RUBRIC, "r.yaml", built_in())


def finding(
    tool: str, rule: str, message: str = "`tmp` says nothing", path: str = "solution.py"
) -> e.Finding:
    return e.Finding(tool=tool, rule=rule, place=e.Place(path=path, line=4), message=message)  # type: ignore[arg-type]


def landmark(kind: str, name: str, line: int = 9) -> e.Landmark:
    return e.Landmark(kind=kind, name=name, place=e.Place(path="solution.py", line=line))  # type: ignore[arg-type]


def failed(make: Any) -> dict[str, object]:
    return {"hidden_tests": make.hidden(e.TestOutcome.PASSED, e.TestOutcome.FAILED)}


def everything(make: Any) -> e.Evidence:
    """A submission with something of everything."""
    reading = make.reading(
        findings=(
            finding("handling", "broad-except"),
            finding("handling", "missing-timeout"),
            finding("handling", "lost-cause"),
            finding("structure", "mutable-default"),
            finding("tests", "tautology", path="test_own.py"),
            finding("naming", "meaningless-name"),
        ),
        suppressions=(e.Suppression(place=PLACE, text="# noqa"),),
        landmarks=(
            landmark("endpoint", "POST /orders"),
            landmark("structure", "heap"),
            landmark("concurrency", "lock"),
        ),
    )
    return make.evidence(reading=reading, **failed(make))  # type: ignore[no-any-return]


def asked(rubric: Rubric, evidence: e.Evidence, level: str | None = None) -> dict[str, Question]:
    return {one.id: one for one in score(rubric, evidence, level=level).questions}


@pytest.mark.parametrize(
    ("rule", "tool", "kind", "criterion"),
    [
        ("bare-except", "handling", "broad-handler", "errors"),
        ("silent-handler", "handling", "broad-handler", "errors"),
        ("endless-retry", "handling", "endless-wait", "errors"),
        ("lost-cause", "handling", "lost-cause", "errors"),
        ("numbered-name", "naming", "unclear-name", "readability"),
    ],
)
def test_a_finding_is_asked_about_where_it_stands(
    make: Any, rubric: Rubric, rule: str, tool: str, kind: str, criterion: str
) -> None:
    """With its line, and the criterion that the answer speaks to."""
    question = asked(rubric, make.evidence(reading=make.reading(findings=(finding(tool, rule),))))[kind]
    assert "solution.py:4" in question.question
    assert (question.criterion, question.evidence[0].path, question.evidence[0].line) == (
        criterion,
        "solution.py",
        4,
    )
    assert "{" not in question.question


def test_a_finding_of_the_starter_is_nobodys(make: Any, rubric: Rubric) -> None:
    """The candidate did not write it."""
    given = finding("handling", "bare-except").model_copy(update={"from_starter": True})
    assert "broad-handler" not in asked(rubric, make.evidence(reading=make.reading(findings=(given,))))


def test_a_failed_hidden_test_is_asked_about_by_its_topic(make: Any, rubric: Rubric) -> None:
    """What is read out names the criterion and the candidate's own code; the test is for the reviewer's eyes."""
    question = asked(rubric, make.evidence(**failed(make)))["failed-test"]
    assert "“Greeting people”" in question.question
    assert "`greet`" in question.question
    assert "SECRET" not in question.question
    assert question.evidence[0].ref == "test_secret.py::test_1"
    assert question.criterion == "core"


def test_a_bug_that_their_tests_let_pass(make: Any, rubric: Rubric) -> None:
    """The known-bad solution is named, so that the talk has a subject."""
    question = asked(rubric, make.evidence())["missed-bug"]
    assert question.evidence[0].ref == "SECRET-bug-2"
    assert question.criterion == "tests"


def mutated(make: Any, *mutants: e.Mutant, **fields: Any) -> e.Evidence:
    return make.evidence(  # type: ignore[no-any-return]
        own_tests=make.own(variants=(), mutation=make.mutation(mutants=mutants)), **fields
    )


def mutant(line: int, outcome: str, path: str = "solution.py") -> e.Mutant:
    diff = "-     if age < 18:\n+     if age <= 18:"
    return e.Mutant(place=e.Place(path=path, line=line), diff=diff, outcome=outcome)  # type: ignore[arg-type]


def test_a_change_that_their_tests_let_pass(make: Any, rubric: Rubric) -> None:
    """Both versions are read out, so that the talk needs no screen; the line can be opened."""
    question = asked(rubric, mutated(make, mutant(4, "survived")))["surviving-mutant"]
    assert (
        "At solution.py:4, in `greet`, I write `if age <= 18:` instead of `if age < 18:`" in question.question
    )
    link = question.evidence[0]
    assert (link.kind, link.path, link.line, link.reviewer_only) == ("mutant", "solution.py", 4, False)
    assert question.criterion == "tests"


@pytest.mark.parametrize("outcome", ["killed", "timeout", "not_reached", "not_run"])
def test_only_a_change_that_ran_and_was_missed_is_asked_about(
    make: Any, rubric: Rubric, outcome: str
) -> None:
    """A line that no test runs has a question of its own."""
    assert "surviving-mutant" not in asked(rubric, mutated(make, mutant(4, outcome)))


def test_a_missed_change_where_there_is_much_to_think_about_comes_first(make: Any, rubric: Rubric) -> None:
    """And one outside of functions is asked about without one."""
    functions = tuple(
        e.FunctionComplexity(
            place=e.Place(path="solution.py", line=line), name=name, cyclomatic=ways, lines=8
        )
        for line, name, ways in ((10, "simple", 1), (30, "winding", 9))
    )
    reading = make.reading(functions=functions)
    missed = [mutant(line, "survived") for line in (1, 12, 33)]
    assert "`winding`" in asked(rubric, mutated(make, *missed, reading=reading))["surviving-mutant"].question
    alone = asked(rubric, mutated(make, missed[0], reading=reading))["surviving-mutant"]
    assert alone.question.startswith("At solution.py:1, I write")


def test_tests_that_refuse_a_right_solution(make: Any, rubric: Rubric) -> None:
    """They know more than the brief says."""
    reference = e.Variant(
        name="reference", role="reference", outcome="rejected", failed=1, reason="test_order"
    )
    own = make.own(variants=(reference,))
    assert "test_order" in asked(rubric, make.evidence(own_tests=own))["pinned-code"].why


def test_a_function_that_no_test_runs(make: Any, rubric: Rubric) -> None:
    """Named with its place; a function that runs in part is asked about by the line."""
    functions = (
        e.FunctionComplexity(
            place=e.Place(path="solution.py", line=1, end_line=8), name="greet", cyclomatic=3, lines=8
        ),
        e.FunctionComplexity(
            place=e.Place(path="solution.py", line=10, end_line=14), name="leave", cyclomatic=1, lines=5
        ),
    )
    coverage = e.FileCoverage(
        path="solution.py",
        statements=9,
        covered=5,
        branches=0,
        branches_covered=0,
        missing_lines=(11, 12, 13, 14),
    )
    evidence = make.evidence(
        own_tests=make.own(coverage=(coverage,), variants=()), reading=make.reading(functions=functions)
    )
    questions = asked(rubric, evidence)
    assert "`leave` (solution.py:10)" in questions["untested-function"].question
    assert "solution.py:11" in questions["unreached-line"].question


def test_an_endpoint_that_must_grow(make: Any, rubric: Rubric) -> None:
    """One that changes something, before one that reads; with where the state is, and what guards it."""
    landmarks = (
        landmark("endpoint", "GET /orders/by/customer/and/day"),
        landmark("endpoint", "POST /orders", 20),
        landmark("structure", "dict", 3),
        landmark("concurrency", "lock", 5),
    )
    question = asked(rubric, make.evidence(reading=make.reading(landmarks=landmarks)))["endpoint-at-scale"]
    assert "`POST /orders` (solution.py:20) gets 10 requests a second today, and 1,000" in question.question
    assert "a dict at solution.py:3. A lock is made at solution.py:5." in question.why
    assert [link.line for link in question.evidence] == [20, 3, 5]


def test_a_container_that_was_chosen_comes_before_one_that_everybody_has(make: Any, rubric: Rubric) -> None:
    """And the reviewer is told what its operations cost."""
    landmarks = (landmark("structure", "dict", 3), landmark("structure", "heap", 7))
    question = asked(rubric, make.evidence(reading=make.reading(landmarks=landmarks)))["chosen-structure"]
    assert "solution.py:7" in question.question
    assert any("O(log n)" in point for point in question.strong)


def test_seniors_are_asked_about_choices_first(make: Any, rubric: Rubric) -> None:
    """Another small mistake tells less about them than why they chose what they chose."""
    ids = list(asked(rubric, everything(make)))
    seniors = list(asked(rubric, everything(make), "senior"))
    assert "endpoint-at-scale" in seniors
    assert seniors.index("endpoint-at-scale") < (
        ids.index("endpoint-at-scale") if "endpoint-at-scale" in ids else 99
    )


def test_a_workload_that_costs_much(make: Any, rubric: Rubric) -> None:
    """Thrice the processor time of ours."""
    assert "3.0 times the processor time" in asked(rubric, make.evidence())["costly-workload"].question


def test_few_questions_of_many_kinds_over_many_criteria(make: Any, rubric: Rubric) -> None:
    """An hour has room for no more, and one subject does not fill it."""
    questions = score(rubric, everything(make)).questions
    assert 5 <= len(questions) <= MOST
    assert len({one.id for one in questions}) == len(questions)
    assert max(Counter(one.criterion for one in questions).values()) <= PER_CRITERION
    assert questions[0].id == "failed-test"
    for one in questions:
        assert one.evidence
        assert one.strong
        assert one.weak


def test_the_same_report_gives_the_same_questions(make: Any, rubric: Rubric) -> None:
    """Whatever the order in which the facts are listed."""
    evidence = everything(make)
    assert evidence.reading is not None
    turned = evidence.reading.model_copy(update={"findings": evidence.reading.findings[::-1]})
    assert (
        score(rubric, evidence).questions
        == score(rubric, evidence.model_copy(update={"reading": turned})).questions
    )


def test_good_work_is_asked_about_too(make: Any, rubric: Rubric) -> None:
    """The interview takes place all the same."""
    assert {"next-day", "complex-function"} <= asked(rubric, make.evidence(resources=None)).keys()


def test_what_was_not_graded_is_not_asked_about(make: Any, rubric: Rubric) -> None:
    """There is nothing to draw from."""
    assert asked(rubric, make.evidence(outcome=e.Outcome.UNGRADABLE)) == {}


def test_a_candidate_never_sees_them(make: Any, rubric: Rubric) -> None:
    """They would be no questions any more, and they quote hidden tests."""
    report = score(rubric, everything(make))
    public = candidate_view(report).model_dump_json()
    assert report.questions
    assert all(one.weak not in public and one.question not in public for one in report.questions)


def test_they_can_be_printed(make: Any, rubric: Rubric) -> None:
    """Everything of each question, without control characters of the candidate's."""
    evil = make.reading(findings=(finding("naming", "meaningless-name", "`\x1b[2Jtmp` says nothing"),))
    report: Report = score(rubric, make.evidence(reading=evil, **failed(make)))
    text = text_of(report)
    assert "\x1b" not in text
    for number in range(1, len(report.questions) + 1):
        assert f"\n{number}. " in text
    assert text.count("weak:") == len(report.questions)
