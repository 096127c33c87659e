"""Workloads against a sandbox in memory: who is run, in which order, how often, and what is kept of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from grader import evidence as e
from grader.evidence import Evidence, Outcome, TakehomeId
from grader.intake.submission import Intake, digest_of
from grader.pipeline import grade, learn_known
from grader.plan import KnownTest, Plan
from sandbox import contract
from sandbox.contract import DriveResult, Files, Suite, Usage
from tests.grader.fake_sandbox import FakeSandbox

THEIRS, REFERENCE = {"greeting.py": b"theirs"}, {"greeting.py": b"reference"}
TESTS = (KnownTest("test_a"), KnownTest("test_load", workload="load"))
PLAN = Plan(
    takehome=TakehomeId(name="greeting", title="Greeting", digest="t"),
    environment="base",
    suite=Suite(digest="s", files={"test_hidden.py": b""}),
    reference=REFERENCE,
    known=TESTS,
)


def answers(
    *runs: contract.TestRecord, outcome: str = "passed", reference: str = "passed"
) -> Callable[[Files], DriveResult]:
    """What a drive gives: the candidate's workload comes to `outcome` in the whole suite, then to each of `runs`."""
    theirs = iter((contract.TestRecord("test_load", outcome, workload="load"), *runs))
    usage = Usage(1.0, 1.0, 1000)

    def drive(files: Files) -> DriveResult:
        standard = contract.TestRecord("test_load", reference, workload="load", usage=usage)
        load = standard if files == REFERENCE else next(theirs)
        return DriveResult((contract.TestRecord("test_a", "passed"), load))

    return drive


def run(*usage: float, outcome: str = "passed") -> contract.TestRecord:
    wall, cpu, memory = usage or (2.0, 2.0, 2000)
    return contract.TestRecord("test_load", outcome, workload="load", usage=Usage(wall, cpu, int(memory)))


def graded(sandbox: FakeSandbox, plan: Plan = PLAN) -> Evidence:
    return grade(sandbox, plan, lambda: Intake(dict(THEIRS), (), digest_of(THEIRS)))


def test_candidate_and_reference_take_turns_in_fresh_boxes() -> None:
    """The least of each figure counts: a disturbance only ever adds."""
    sandbox = FakeSandbox(drive=answers(run(3.0, 2.0, 5000), run(2.5, 2.5, 4000)))
    evidence = graded(sandbox)
    assert evidence.resources is not None
    assert evidence.resources.workloads == (
        e.Workload(
            name="load", test="test_load", outcome=e.TestOutcome.PASSED, runs=2,
            candidate=e.Usage(wall_seconds=2.5, cpu_seconds=2.0, memory_bytes=4000),
            reference=e.Usage(wall_seconds=1.0, cpu_seconds=1.0, memory_bytes=1000),
        ),
    )  # fmt: skip
    assert sandbox.opened == [THEIRS, THEIRS, REFERENCE, THEIRS, REFERENCE]
    assert [suite.workload for suite in sandbox.driven] == ["", *["test_load"] * 4]
    assert sandbox.closed == 5
    assert "workloads" in [stage.name for stage in evidence.stages]


@pytest.mark.parametrize(
    "plan", [replace(PLAN, known=TESTS[:1]), replace(PLAN, known=None), replace(PLAN, reference={})]
)
def test_without_a_workload_nothing_is_run(plan: Plan) -> None:
    """Most take-homes have none, and pay nothing for those that do."""
    sandbox = FakeSandbox(drive=answers())
    evidence = graded(sandbox, plan)
    assert evidence.resources is None
    assert len(sandbox.opened) == 1
    assert "workloads" not in [stage.name for stage in evidence.stages]


def test_what_did_not_pass_is_not_measured() -> None:
    """It would have no figure; and a program that hangs would hang four times more."""
    sandbox = FakeSandbox(drive=answers(outcome="timeout"))
    evidence = graded(sandbox)
    assert evidence.resources is not None
    assert evidence.resources.workloads[0].outcome is e.TestOutcome.TIMEOUT
    assert evidence.resources.workloads[0].candidate is None
    assert len(sandbox.opened) == 1


def test_a_run_that_fails_ends_the_comparison() -> None:
    """Once passed and once failed is not passed."""
    evidence = graded(FakeSandbox(drive=answers(run(), run(outcome="failed"))))
    assert evidence.resources is not None
    workload = evidence.resources.workloads[0]
    assert (workload.outcome, workload.candidate) == (e.TestOutcome.FAILED, None)


def test_a_reference_that_fails_is_no_measure() -> None:
    """That is our failure: the candidate's figures stay, and there is nothing to hold them against."""
    evidence = graded(FakeSandbox(drive=answers(run(), run(), reference="timeout")))
    assert evidence.outcome is Outcome.GRADED
    assert evidence.resources is not None
    assert evidence.resources.workloads[0].candidate is not None
    assert evidence.resources.workloads[0].reference is None


@pytest.mark.parametrize("usage", [(float("nan"), 1.0, 1), (1.0, -1.0, 1), (1.0, 1.0, -1), (1.0, 1.0, 2**50)])
def test_a_figure_that_cannot_be_is_none(usage: tuple[float, float, float]) -> None:
    """The figures come out of a container that runs a stranger's code."""
    evidence = graded(FakeSandbox(drive=answers(run(*usage), run())))
    assert evidence.resources is not None
    assert evidence.resources.workloads[0].candidate is None


def test_workloads_are_learnt_from_the_reference() -> None:
    """With the other tests of the suite, so that a submission cannot hide one."""
    known = learn_known(FakeSandbox(drive=answers()), PLAN, REFERENCE)
    assert [(test.id, test.workload) for test in known] == [("test_a", None), ("test_load", "load")]
