"""The pipeline against a sandbox in memory: three outcomes, and what becomes of what the sandbox returns."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest

from grader import evidence as e
from grader.evidence import Evidence, Outcome, TakehomeId
from grader.intake.errors import ArchiveBroken
from grader.intake.submission import Intake, digest_of
from grader.pipeline import SuiteBroken, drive_only, grade, learn_known
from grader.plan import KnownTest, Plan, VariantPlan
from sandbox import contract
from sandbox.contract import AskedTests, Change, DriveResult, Files, OwnTestsResult, ProbeResult, Suite
from tests.grader.fake_sandbox import FakeSandbox, own, passing

CODE = b"def greet(name):\n    return name\n"
SUBMISSION = {"greeting.py": CODE, "test_own.py": b"def test_0():\n    assert True\n"}
PLAN = Plan(
    takehome=TakehomeId(name="greeting", title="Greeting", digest="t"),
    environment="base",
    suite=Suite(digest="s", files={"test_hidden.py": b""}),
    required=("greeting.py",),
)


def graded(sandbox: FakeSandbox, plan: Plan = PLAN, files: Files = SUBMISSION) -> Evidence:
    ordered = {path: files[path] for path in sorted(files)}
    return grade(sandbox, plan, lambda: Intake(ordered, (), digest_of(ordered)))


def outcomes(evidence: Evidence) -> dict[str, e.TestOutcome]:
    assert evidence.hidden_tests is not None
    return {test.id: test.outcome for test in evidence.hidden_tests.tests}


def test_a_submission_is_graded() -> None:
    """All three stages leave their facts, and no box stays open."""
    sandbox = FakeSandbox()
    evidence = graded(sandbox)
    assert evidence.outcome is Outcome.GRADED
    assert outcomes(evidence) == {"test_a": e.TestOutcome.PASSED, "test_b": e.TestOutcome.PASSED}
    assert evidence.own_tests is not None
    assert evidence.own_tests.tests[0].outcome is e.TestOutcome.PASSED
    assert evidence.reading is not None
    assert evidence.environment.image == "sha256:fake"
    assert [stage.name for stage in evidence.stages] == ["read", "hidden tests", "own tests", "all"]
    assert len(sandbox.opened) == sandbox.closed == 1


def test_evidence_survives_being_stored() -> None:
    """It is the only thing that is kept: what cannot be read again is lost."""
    evidence = graded(FakeSandbox())
    assert Evidence.model_validate_json(evidence.model_dump_json()) == evidence


def test_an_upload_that_cannot_be_used_is_ungradable() -> None:
    """It is the candidate's to mend, so it says how, and no box is spent on it."""
    sandbox = FakeSandbox()

    def take() -> Intake:
        raise ArchiveBroken("The zip archive is truncated. Upload it again.")

    evidence = grade(sandbox, PLAN, take)
    assert evidence.outcome is Outcome.UNGRADABLE
    assert evidence.reason == "The zip archive is truncated. Upload it again."
    assert sandbox.opened == []


def test_the_history_is_evidence_whatever_becomes_of_the_grading(make: Any) -> None:
    """It was read with the files, before any of them ran."""
    history = make.history("Greet by name")
    for files in (SUBMISSION, {"main.py": CODE}):
        intake = Intake(dict(files), (), digest_of(files), history)
        assert grade(FakeSandbox(), PLAN, lambda intake=intake: intake).history == history  # type: ignore[misc]


def test_a_submission_without_a_required_file_is_ungradable() -> None:
    """Tests that cannot import anything say nothing about anybody."""
    sandbox = FakeSandbox()
    evidence = graded(sandbox, files={"main.py": CODE})
    assert evidence.outcome is Outcome.UNGRADABLE
    assert "lacks greeting.py" in evidence.reason
    assert [file.path for file in evidence.submission.files] == ["main.py"]
    assert sandbox.opened == []


def test_a_failure_of_ours_is_tried_again() -> None:
    """A lost container must not cost anybody their grade."""
    sandbox = FakeSandbox(fails=1)
    said: list[str] = []
    files = dict(SUBMISSION)
    evidence = grade(sandbox, PLAN, lambda: Intake(files, (), digest_of(files)), said.append)
    assert evidence.outcome is Outcome.GRADED
    assert len(sandbox.opened) == sandbox.closed == 2
    assert any("for a reason of ours" in line for line in said)


def test_a_failure_of_ours_that_stays_is_no_zero() -> None:
    """Nothing is known about the candidate then, and the evidence holds no test that they failed."""
    sandbox = FakeSandbox(fails=9)
    evidence = graded(sandbox)
    assert evidence.outcome is Outcome.INFRASTRUCTURE_FAILED
    assert evidence.reason == "the engine went away"
    assert evidence.hidden_tests is None
    assert len(sandbox.opened) == sandbox.closed == 2


def test_what_failed_is_in_the_evidence_and_not_in_the_progress() -> None:
    """A traceback of the grading container quotes the hidden suite; progress is seen by whoever runs the grading."""
    told: list[str] = []
    intake = Intake(dict(SUBMISSION), (), digest_of(SUBMISSION))
    evidence = grade(FakeSandbox(fails=9), PLAN, lambda: intake, told.append)
    assert evidence.reason == "the engine went away"
    assert [line for line in told if "attempt" in line] == [
        "attempt 1 failed for a reason of ours (BoxLost)",
        "attempt 2 failed for a reason of ours (BoxLost)",
    ]


def test_impossible_facts_of_the_reading_are_our_failure() -> None:
    """A reading seat that was taken over must not decide anything."""
    evidence = graded(FakeSandbox(facts={"findings": "many"}))
    assert evidence.outcome is Outcome.INFRASTRUCTURE_FAILED
    assert "facts that cannot be" in evidence.reason


def test_a_submission_that_breaks_the_reading_is_graded() -> None:
    """What the parser could not do with their source is a fact about the source."""
    evidence = graded(FakeSandbox(facts={"error": "took longer than 20 s"}))
    assert evidence.outcome is Outcome.GRADED
    assert evidence.reading is not None
    assert "took longer than 20 s" in evidence.reading.unreadable[0].reason


def test_only_known_tests_count_and_each_of_them_once() -> None:
    """A suite that reports less, more or twice must not shift the share of passes."""
    records = (
        contract.TestRecord("test_a", "passed"),
        contract.TestRecord("test_skipped", "skipped"),
        contract.TestRecord("test_extra", "passed"),
    )
    known = tuple(KnownTest(name) for name in ("test_a", "test_missing", "test_skipped"))
    evidence = graded(FakeSandbox(drive=lambda _: DriveResult(records)), replace(PLAN, known=known))
    assert outcomes(evidence) == {
        "test_a": e.TestOutcome.PASSED,
        "test_missing": e.TestOutcome.MISSING,
        "test_skipped": e.TestOutcome.SKIPPED,
    }


def test_why_the_suite_stopped_is_told_with_each_test_that_is_missing() -> None:
    """A reviewer looks at the test, not at the foot of the page."""
    result = DriveResult((), problem="greeting does not import: SyntaxError")
    evidence = graded(FakeSandbox(drive=lambda _: result), replace(PLAN, known=(KnownTest("test_a"),)))
    assert evidence.hidden_tests is not None
    assert evidence.hidden_tests.tests[0].message == "greeting does not import: SyntaxError"


def test_own_tests_are_run_against_the_variants() -> None:
    """Each variant has its code, the candidate's tests, and a box of its own."""
    reference, bad = {"greeting.py": b"right", "test_theirs.py": b""}, {"greeting.py": b"wrong"}
    plan = replace(
        PLAN,
        variants=(VariantPlan("reference", "reference", reference), VariantPlan("rude", "known_bad", bad)),
    )
    answers = {b"right": own("passed", "passed"), b"wrong": own("passed", "failed"), CODE: own("passed")}
    sandbox = FakeSandbox(own_tests=lambda files: answers[files["greeting.py"]])
    evidence = graded(sandbox, plan)
    assert evidence.own_tests is not None
    found = {variant.name: (variant.outcome, variant.passed) for variant in evidence.own_tests.variants}
    assert found == {"reference": ("accepted", 2), "rude": ("rejected", 1)}
    assert all(set(files) == set(SUBMISSION) for files in sandbox.opened)
    assert len(sandbox.opened) == 3


def test_own_tests_are_tried_on_changes_in_a_box_of_their_own() -> None:
    """One that no hidden test has asked anything; and nothing of it happens where the take-home does not ask."""
    change = {"path": "greeting.py", "line": 2, "column": 4, "end_line": 2, "end_column": 15, "first_line": 2}
    change |= {"last_line": 2, "text": "pass", "control": False, "diff": "- return name\n+ pass"}
    facts = {"mutants": [change], "possible_mutants": 7, "assertions": {"test_own.py::test_0": 1}}
    said = ProbeResult(mutants=({"id": 0, "verdict": "survived"},), cpu_seconds=0.5)
    sandbox = FakeSandbox(facts=facts, probe=lambda changes: said if len(changes) == 1 else ProbeResult())
    own_tests = graded(sandbox, replace(PLAN, mutants=3)).own_tests
    assert own_tests is not None
    assert own_tests.mutation is not None
    assert [mutant.outcome for mutant in own_tests.mutation.mutants] == ["survived"]
    assert own_tests.mutation.possible == 7
    assert len(sandbox.opened) == sandbox.closed == 2
    assert sandbox.asked[0]["mutants"] == 3
    assert sandbox.asked[0]["seed"]
    without = graded(FakeSandbox(facts=facts), PLAN).own_tests
    assert without is not None
    assert without.mutation is without.orders is None


def test_changes_are_tried_with_the_tests_that_count_and_once_more_without_unreliable_ones() -> None:
    """One that does not count, or fails by chance, must not be the first to notice. Controls are never told apart."""
    place = {"path": "greeting.py", "line": 2, "column": 4, "end_line": 2, "end_column": 15, "first_line": 2}
    change = place | {"last_line": 2, "text": "pass", "control": False, "diff": "- return name\n+ pass"}
    control = change | {"text": "...", "control": True}
    names = [f"test_own.py::test_{number}" for number in range(3)]
    facts = {
        "mutants": [change, control, change | {"line": 1, "end_line": 1}],
        "possible_mutants": 7,
        "assertions": {names[0]: 1, names[2]: 2},
    }
    told: list[list[int]] = []
    of_round = iter([(names[0], [0, 1]), (names[2], [0])])

    def said(changes: tuple[Change, ...]) -> ProbeResult:
        told.append([one.id for one in changes])
        by, numbers = next(of_round)
        verdicts = [{"id": number, "verdict": "killed", "by": by} for number in numbers]
        tests = tuple({"id": name, "outcome": "passed"} for name in names)
        return ProbeResult(
            tests=tests, mutants=(*verdicts, {"id": 2, "verdict": "survived"}), cpu_seconds=0.5
        )

    sandbox = FakeSandbox(facts=facts, probe=said, own_tests=lambda _: own("passed", "passed", "passed"))
    files = {"greeting.py": CODE, "test_own.py": b""}
    evidence = graded(sandbox, replace(PLAN, mutants=3), files)
    assert sandbox.tests_asked == [AskedTests((names[0], names[2])), AskedTests((names[2],))]
    assert told == [[0, 1, 2], [0, 1]]
    assert evidence.own_tests is not None
    assert evidence.own_tests.mutation is not None
    assert [(m.outcome, m.by) for m in evidence.own_tests.mutation.mutants] == [
        ("survived", ""),
        ("killed", names[2]),
    ]
    [stage] = [stage for stage in evidence.stages if stage.name == "probe"]
    assert stage.cpu_seconds == 1.0


def test_no_own_tests_means_no_runs_of_them() -> None:
    """Nothing to run against variants; the evidence says that there were none."""
    sandbox = FakeSandbox(own_tests=lambda _: pytest.fail("nothing to run"))
    plan = replace(PLAN, variants=(VariantPlan("reference", "reference", {"greeting.py": b"right"}),))
    evidence = graded(sandbox, plan, {"greeting.py": CODE})
    assert evidence.own_tests is not None
    assert evidence.own_tests.problem == "no test files were found"
    assert len(sandbox.opened) == 1


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), -1.0, 1e300])
def test_a_claimed_time_that_cannot_be_is_dropped(seconds: float) -> None:
    """JSON has no infinity: evidence with one could not be read again."""
    evidence = graded(FakeSandbox(own_tests=lambda _: OwnTestsResult(cpu_seconds=seconds)))
    [stage] = [stage for stage in evidence.stages if stage.name == "own tests"]
    assert stage.cpu_seconds is None


def test_stages_run_side_by_side() -> None:
    """Their times must not add up: hidden and own tests of one box wait for each other here."""
    both = threading.Barrier(2, timeout=10)

    def drive(_: Any) -> DriveResult:
        both.wait()
        return passing("test_a")

    def own_tests(_: Any) -> OwnTestsResult:
        both.wait()
        return own("passed")

    assert graded(FakeSandbox(drive=drive, own_tests=own_tests)).outcome is Outcome.GRADED


def test_known_tests_are_learnt_from_the_reference() -> None:
    """Once, without re-runs: with their criteria, whatever their outcome."""
    sandbox = FakeSandbox()
    known = learn_known(sandbox, PLAN, {"greeting.py": b"right"})
    assert known == (KnownTest("test_a", ("core",)), KnownTest("test_b", ("core",)))
    assert sandbox.driven[0].rerun_failures == 0


@pytest.mark.parametrize(
    ("result", "why"),
    [
        (DriveResult((), problem="greeting does not import"), "does not import"),
        (DriveResult(()), "holds no test"),
    ],
)
def test_a_suite_that_its_reference_does_not_get_through_is_refused(result: DriveResult, why: str) -> None:
    """Known tests learnt from half a run would let every candidate off the other half."""
    with pytest.raises(SuiteBroken, match=why):
        learn_known(FakeSandbox(drive=lambda _: result), PLAN, {})


def test_of_a_long_traceback_the_end_is_told() -> None:
    """What happened stands there; the rest scrolls the message itself away."""
    result = DriveResult((), problem="\n".join(f"line {number}" for number in range(100)))
    with pytest.raises(SuiteBroken) as caught:
        learn_known(FakeSandbox(drive=lambda _: result), PLAN, {})
    assert "(the last of 100 lines)\nline 92\n" in str(caught.value)
    assert "line 99\nMend the suite" in str(caught.value)


def test_a_drive_alone_opens_one_box() -> None:
    """A mutant costs one run of the suite and nothing else."""
    sandbox = FakeSandbox()
    assert drive_only(sandbox, PLAN, {"greeting.py": CODE}) == passing("test_a", "test_b")
    assert len(sandbox.opened) == sandbox.closed == 1
    assert sandbox.asked == []
