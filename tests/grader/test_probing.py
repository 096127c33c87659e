"""What the box says about changes of the code becomes facts, and facts a score that tricks do not raise."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from grader import evidence as e
from grader.facts import BadFacts
from grader.measures import CATALOGUE
from grader.measures.measure import Measured
from grader.probing import Planned, mutation_of, orders_of, planned_of
from sandbox.contract import ProbeResult

TEST = {"id": "test_own.py::test_0", "outcome": "passed"}


def change(line: int, *, control: bool = False, text: str = "x", **fields: object) -> dict[str, Any]:
    place = {"path": "a.py", "line": line, "column": 0, "end_line": line, "end_column": 1}
    about = {"first_line": line, "last_line": line, "text": text, "control": control, "diff": "- a\n+ b"}
    return {**place, **about, **fields}


def planned(*changes: dict[str, Any]) -> Planned:
    return planned_of({"mutants": list(changes), "possible_mutants": 9}, {"a.py"})


def claim(number: int, verdict: str, by: str = "") -> dict[str, Any]:
    return {"id": number, "verdict": verdict, "by": by}


def score(make: Any, mutation: e.Mutation, **fields: Any) -> Measured:
    evidence = make.evidence(
        own_tests=make.own(mutation=mutation, **fields.pop("own", {})), reading=make.reading(**fields)
    )
    return CATALOGUE["own_tests.mutation_score"].of(evidence, {})


def with_given(evidence: e.Evidence) -> e.Evidence:
    """With `test_given.py` as it was given out."""
    file = e.SubmittedFile(path="test_given.py", size=1, sha256="0", kind="test", from_starter="same")
    files = (*evidence.submission.files, file)
    return evidence.model_copy(update={"submission": evidence.submission.model_copy(update={"files": files})})


def test_the_box_is_not_told_which_changes_are_controls() -> None:
    """Whoever knew could let them pass."""
    [told] = planned(change(1, control=True)).to_be_tried()
    assert not {"control", "diff"} & set(vars(told))


@pytest.mark.parametrize(
    "fields",
    [{"path": "/etc/passwd"}, {"line": 0}, {"text": "x" * 10**6}, {"control": "no"}, {"more": 1}],
)
def test_changes_that_cannot_be_are_our_failure(fields: dict[str, Any]) -> None:
    """The reading parsed hostile text: it may have been taken over."""
    with pytest.raises(BadFacts):
        planned({**change(1), **fields})


def test_each_change_has_one_verdict_and_controls_are_counted_apart() -> None:
    """The first word counts; what was not tried says so; no test that is unknown is named."""
    plan = planned(change(1), change(2, control=True), change(3), change(2, control=True, text="y"))
    said = ProbeResult(
        tests=(TEST,),
        mutants=(
            claim(0, "killed", "test_own.py::test_0"),
            claim(0, "survived"),
            claim(1, "killed", "test_own.py::test_0"),
            claim(3, "survived"),
            claim(99, "killed"),
            {"id": "0", "verdict": []},
        ),
    )
    mutation = mutation_of(plan, said)
    assert [(m.place.line, m.outcome, m.by) for m in mutation.mutants] == [
        (1, "killed", "test_own.py::test_0"),
        (3, "not_run", ""),
    ]
    assert (mutation.controls, mutation.controls_rejected) == (1, 0)
    assert mutation.unreliable == ("test_own.py::test_0",)


@pytest.mark.parametrize("verdict", ["killed", "timeout"])
def test_a_control_that_is_rejected_twice_is_rejected(verdict: str) -> None:
    """Once may be chance."""
    plan = planned(change(2, control=True), change(2, control=True, text="y"))
    said = ProbeResult(mutants=(claim(0, verdict), claim(1, verdict)))
    assert mutation_of(plan, said).controls_rejected == 1


def test_what_an_unreliable_test_noticed_is_what_the_others_say_of_it() -> None:
    """Which test fails first hangs on how quick each is; the rest of the first answer stays."""
    plan = planned(change(1), change(2, control=True), change(3), change(4), change(5))
    die, honest = "test_own.py::test_die", "test_own.py::test_0"
    tests = (TEST, {"id": die, "outcome": "passed"})
    first = ProbeResult(
        tests=tests,
        mutants=(
            claim(0, "killed", die),
            claim(1, "killed", die),
            claim(2, "killed", die),
            claim(3, "killed", die),
            claim(4, "killed", honest),
        ),
    )
    second = ProbeResult(
        tests=tests, mutants=(claim(0, "killed", honest), claim(2, "survived"), claim(4, "survived"))
    )
    mutation = mutation_of(plan, first, second)
    assert [(m.place.line, m.outcome, m.by) for m in mutation.mutants] == [
        (1, "killed", honest),
        (3, "survived", ""),
        (4, "not_run", ""),  # no time was left to hear another one
        (5, "killed", honest),
    ]
    assert mutation.unreliable == (die,)


def test_only_tests_that_pass_in_their_own_order_hang_on_it() -> None:
    """The others fail anyway."""
    rows = ({"order": "reversed", "test": ""}, {"order": "reversed", "test": TEST["id"]})
    rows += ({"order": "reversed", "test": "made up"}, {"order": "sideways", "test": ""})
    assert orders_of(ProbeResult(tests=(TEST,), orders=rows)) == (
        e.OrderedRun(order="reversed", failing=(TEST["id"],)),
    )


def test_the_score_is_the_share_of_changes_that_are_noticed(make: Any) -> None:
    """What no test runs is not noticed; a place and a difference say what was missed."""
    found = score(make, make.mutation("killed", "survived", "not_reached", "timeout"))
    assert found.value == Fraction(1, 2)
    assert [(link.path, link.line, link.text) for link in found.links] == [
        ("solution.py", 2, "no test notices: return 2 → return None"),
        ("solution.py", 3, "no test that counts runs it: return 3 → return None"),
    ]
    assert not any(link.reviewer_only for link in found.links)


def test_what_tests_that_were_given_out_notice_is_left_out(make: Any) -> None:
    """Nobody needs to notice it again, nor is praised for it."""
    mutants = make.mutation("killed", "survived", "killed").mutants
    by_given = mutants[2].model_copy(update={"by": "test_given.py::test_it"})
    evidence = with_given(
        make.evidence(own_tests=make.own(mutation=make.mutation(mutants=(*mutants[:2], by_given))))
    )
    assert CATALOGUE["own_tests.mutation_score"].of(evidence, {}).value == Fraction(1, 2)


def test_tests_that_notice_what_is_no_change_notice_nothing(make: Any) -> None:
    """They look at the code, at the run or at a die."""
    assert score(make, make.mutation(controls_rejected=1)).value == 0


def test_tests_that_failed_for_another_reason_are_not_believed(make: Any) -> None:
    """On a control, or in another order."""
    assert score(make, make.mutation(unreliable=("test_own.py::test_0",))).value == 0
    assert score(make, make.mutation(unreliable=("test_own.py::test_1",))).value == Fraction(3, 4)


@pytest.mark.parametrize("path", ["test_own.py", "conftest.py", "tests/conftest.py"])
def test_tests_that_look_at_code_are_not_believed(make: Any, path: str) -> None:
    """A fixture of conftest.py looks for all of them."""
    finding = e.Finding(tool="tests", rule="looks-at-code", place=e.Place(path=path), message="m")
    assert score(make, make.mutation(), findings=(finding,)).value == 0


def test_known_bad_solutions_bound_the_score(make: Any) -> None:
    """Who rejects none has found no mistake; who rejects half of them or more is believed the rest."""
    accepted, rejected = (
        [e.Variant(name=f"{outcome}{n}", role="known_bad", outcome=outcome) for n in range(3)]  # type: ignore[arg-type]
        for outcome in ("accepted", "rejected")
    )
    reference = e.Variant(name="reference", role="reference", outcome="accepted", passed=1)
    scores = [
        score(make, make.mutation(), own={"variants": (reference, *rejected[:n], *accepted[n:])}).value
        for n in range(4)
    ]
    assert scores == [0, Fraction(2, 3), Fraction(3, 4), Fraction(3, 4)]


def test_tests_that_reject_the_reference_notice_nothing(make: Any) -> None:
    """They reject everything."""
    reference = e.Variant(name="reference", role="reference", outcome="rejected", failed=1)
    assert score(make, make.mutation(), own={"variants": (reference,)}).value == 0


@pytest.mark.parametrize(
    "fields", [{"problem": "x"}, {"controls": 0}, {"mutants": ()}], ids=["problem", "no control", "no mutant"]
)
def test_what_could_not_be_tried_has_no_score(make: Any, fields: dict[str, Any]) -> None:
    """Nothing is known; that there is nothing to change is no fault, and a person is asked."""
    found = score(make, make.mutation(**fields))
    assert found.value is None
    assert found.for_a_person is ("mutants" in fields)


def test_a_sample_that_was_cut_short_counts_from_half_of_it_on(make: Any) -> None:
    """The order is no one's choice, so a part says what all of it would."""
    assert score(make, make.mutation("killed", "not_run")).value == 1
    assert score(make, make.mutation("killed", "not_run", "not_run")).value is None


def test_tests_of_which_the_outcome_hangs_on_the_order_are_counted(make: Any) -> None:
    """Each once."""
    evidence = make.evidence(own_tests=make.own(orders=make.orders("test_own.py::test_1")))
    found = CATALOGUE["own_tests.order_dependent"].of(evidence, {})
    assert found.value == 1
    assert [link.ref for link in found.links] == ["test_own.py::test_1"]


def test_a_test_that_was_given_out_and_hangs_on_the_order_is_nobodys_fault(make: Any) -> None:
    """Nobody pays for what they were given."""
    evidence = with_given(make.evidence(own_tests=make.own(orders=make.orders("test_given.py::test_it"))))
    assert CATALOGUE["own_tests.order_dependent"].of(evidence, {}).value == 0
