"""The publish check: each way in which a take-home can be unfair is found, and named so that its author can mend it.

`Trial` is a take-home whose gradings are made up; the real ones are checked in `tests/rubrics`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from grader import evidence as e
from grader import publish
from grader.mutants import mutants
from grader.report import Report
from grader.rubric import parse
from grader.scoring import score
from grader.takehome import Takehome
from grader.takehome_spec import BrokenSolution, LimitRules, TakehomeSpec
from sandbox import contract
from sandbox.contract import DriveResult, Files
from sandbox.errors import BoxLost

RUBRIC = """\
rubric: 1
name: double
title: Double
version: 1
criteria:
  - id: core
    title: Core
    announced: "`double` doubles."
    items:
      - {id: doubles, kind: scaled, title: Doubles, points: 80, measure: hidden_tests.share, with: {criterion: core}}
  - id: tests
    title: Tests
    announced: "Write tests."
    items:
      - {id: tested, kind: scaled, title: Tested, points: 20, measure: own_tests.count, scale: [[0, 0], [2, 1]]}
"""
REFERENCE = {"double.py": b"def double(number):\n    return number * 2\n", "test_double.py": b"two"}
PASSED, FAILED = e.TestOutcome.PASSED, e.TestOutcome.FAILED


@dataclass
class Trial:
    """What is graded, and what comes of it by the content of double.py (hidden) and test_double.py (own)."""

    make: Any
    takehome: Takehome
    rubric: str = RUBRIC
    hidden: dict[bytes, tuple[e.TestOutcome, ...]] = field(default_factory=dict)
    markers: tuple[str, ...] = ("core",)
    changed: Callable[[e.Evidence, int], e.Evidence] = lambda evidence, _: evidence
    survives: Callable[[Files], bool] = lambda _: False
    gradings: int = 0

    def grade(self, files: Files) -> Report:
        self.gradings += 1
        outcomes = self.hidden.get(files["double.py"], (PASSED, PASSED))
        own = 2 if files.get("test_double.py") == b"two" else 0
        tests = tuple(
            e.OwnTest(id=f"test_double.py::test_{n}", outcome=PASSED, assertions=1) for n in range(own)
        )
        evidence = self.make.evidence(
            submission=e.Submission(digest="d", files=tuple(self.make.file(path) for path in files)),
            hidden_tests=self.make.hidden(*outcomes, criteria=self.markers),
            own_tests=e.OwnTests(tests=tests),
            resources=None,
        )
        return score(parse(self.rubric, "rubric.yaml"), self.changed(evidence, self.gradings))

    def drive(self, files: Files) -> DriveResult:
        outcome = "passed" if self.survives(files) else "failed"
        return DriveResult((contract.TestRecord("test_a", "passed"), contract.TestRecord("test_b", outcome)))

    def remarks(self) -> list[publish.Remark]:
        rubric = parse(self.rubric, "rubric.yaml")
        return publish.check(self.takehome, rubric, self.grade, self.drive)

    def complaints(self) -> str:
        return "\n".join(remark.text for remark in self.remarks() if not remark.fine)


@pytest.fixture
def trial(make: Any) -> Trial:
    broken = {f"wrong-{n}": {**REFERENCE, "double.py": b"wrong %d" % n} for n in range(5)}
    broken["untested"] = {"double.py": REFERENCE["double.py"]}
    loses = {name: ("tests",) if name == "untested" else ("core",) for name in broken}
    takehome = Takehome(
        folder=Path("double"),
        spec=TakehomeSpec(
            name="double",
            title="Double",
            minutes=5,
            broken={name: BrokenSolution(loses=loses[name], why="wrong") for name in broken},
        ),
        brief="`double` doubles. Write tests.",
        rubric_yaml=RUBRIC,
        starter={"double.py": b"starter"},
        hidden_tests={},
        reference=REFERENCE,
        broken=broken,
        samples={},
        digest="t",
    )
    hidden = {b"wrong %d" % n: (PASSED, FAILED) for n in range(5)}
    return Trial(make, takehome, hidden={**hidden, b"starter": (FAILED, FAILED)})


def test_a_fair_take_home_is_fit(trial: Trial) -> None:
    """All remarks are fine, and say what was tried."""
    assert trial.complaints() == ""
    said = "\n".join(remark.text for remark in trial.remarks())
    assert "reference scores 100 of 100" in said
    assert "suite rejects 3 of 3 mutants of the reference (100%)" in said


def test_a_silent_brief(trial: Trial) -> None:
    """Only what the brief said is scored."""
    trial.takehome = replace(trial.takehome, brief="`double` doubles.")
    assert (
        "criterion 'tests' quotes a sentence that brief.md does not hold: 'Write tests.'"
        in trial.complaints()
    )


LEVELS = """\
levels:
  senior:
    title: Senior
    announced: "Seniors write tests."
    items: {tested: {scale: [[0, 0], [2, 1]]}}
"""


def test_a_level_that_the_brief_is_silent_about(trial: Trial) -> None:
    """A candidate is told what is expected of their level before they begin."""
    trial.rubric = RUBRIC + LEVELS
    assert "level 'senior': brief.md does not say what is expected of it." in trial.complaints()
    trial.takehome = replace(trial.takehome, brief="`double` doubles. Write tests. Seniors write tests.")
    assert trial.complaints() == ""


def test_a_level_that_asks_for_more_than_the_reference_has(trial: Trial) -> None:
    """At that level nobody could have all points."""
    trial.rubric = RUBRIC + LEVELS.replace("[2, 1]", "[4, 1]")
    said = trial.complaints()
    assert "level 'senior': reference, run 1 does not score 100 %: tests/tested 10 of 20 (" in said


def test_a_level_at_which_a_flaw_pays_twice(trial: Trial) -> None:
    """One mistake is charged once at each level, or takehome.yaml says that it is not."""
    item = "{id: right, kind: yes_no, title: R, points: 1, condition: {measure: hidden_tests.all_passed, equals: 1}}"
    trial.rubric = RUBRIC + LEVELS + f"    add_items: {{tests: [{item}]}}\n"
    said = trial.complaints()
    assert "level 'senior': broken/wrong-0 loses points in tests, undeclared (tests/right 0 of 1 (" in said


def test_a_level_that_gives_points_for_the_starter(trial: Trial) -> None:
    """What was given out tells nothing about anybody, at no level."""
    trial.takehome = replace(trial.takehome, starter={**REFERENCE, "double.py": b"starter"})
    trial.rubric = RUBRIC.replace("points: 20,", "points: 1,") + LEVELS.replace(
        "scale:", "points: 20, scale:"
    )
    assert "level 'senior': starter scores 20%; it earns in: tests 20" in trial.complaints()


def test_items_without_examples_are_mentioned(trial: Trial) -> None:
    """A candidate learns more from an example; it keeps nobody from publishing."""
    said = [remark.text for remark in trial.remarks() if remark.fine]
    assert any(text.startswith("2 items lack a part of `explain`") for text in said)


def test_a_reference_that_loses_points(trial: Trial) -> None:
    """Nobody can do better than the exemplary solution, so nobody could have all points."""
    trial.takehome = replace(trial.takehome, reference={"double.py": REFERENCE["double.py"]})
    assert "reference does not score 100 %: tests/tested 0 of 20 (" in trial.complaints()


def test_a_reference_that_loses_less_than_is_shown(trial: Trial) -> None:
    """Points are rounded to two decimals; one of 2,000 tests is still missing."""
    many = (*[PASSED] * 1999, FAILED)
    trial.hidden[REFERENCE["double.py"]] = many
    trial.rubric = RUBRIC.replace("points: 80", "points: 8").replace("points: 20", "points: 2")
    assert "reference does not score 100 %: no item shows a loss" in trial.complaints()


def test_a_hidden_test_that_the_reference_fails(trial: Trial) -> None:
    """The test is named, with the reason."""
    trial.hidden[REFERENCE["double.py"]] = (PASSED, FAILED)
    assert "reference does not pass test_secret.py::test_1: failed, expected SECRET" in trial.complaints()


def test_a_reference_that_cannot_be_graded(trial: Trial) -> None:
    """Then all else is unknown, and only that is said about it."""
    trial.changed = lambda evidence, _: evidence.model_copy(
        update={"outcome": e.Outcome.INFRASTRUCTURE_FAILED, "reason": "the engine went away"}
    )
    said = trial.complaints()
    assert "reference could not be graded (infrastructure_failed): the engine went away" in said
    assert "broken/wrong-0 could not be graded (infrastructure_failed): the engine went away" in said


def test_a_test_that_comes_and_goes(trial: Trial) -> None:
    """A candidate would be graded by chance."""

    def second_run_fails(evidence: e.Evidence, number: int) -> e.Evidence:
        failed = trial.make.hidden(PASSED, FAILED)
        return evidence.model_copy(update={"hidden_tests": failed}) if number == 2 else evidence

    trial.changed = second_run_fails
    assert "1 hidden tests do not give the same outcome every time, the first is test_secret.py::test_1" in (
        trial.complaints()
    )


@pytest.mark.parametrize(
    ("limits", "complaint"),
    [
        (LimitRules(test_seconds=2), "reference needs 1.2 s for test_secret.py::test_0"),
        (LimitRules(suite_seconds=4), "reference needs 2.4 s for the hidden suite"),
    ],
    ids=["test", "suite"],
)
def test_slow_tests(trial: Trial, limits: LimitRules, complaint: str) -> None:
    """On a busy machine the reference itself would time out."""
    trial.takehome = replace(trial.takehome, spec=trial.takehome.spec.model_copy(update={"limits": limits}))

    def slow(evidence: e.Evidence, _: int) -> e.Evidence:
        assert evidence.hidden_tests is not None
        tests = tuple(test.model_copy(update={"seconds": 1.2}) for test in evidence.hidden_tests.tests)
        return evidence.model_copy(
            update={"hidden_tests": evidence.hidden_tests.model_copy(update={"tests": tests})}
        )

    trial.changed = slow
    assert complaint in trial.complaints()


def test_how_far_the_reference_is_from_itself_is_told(trial: Trial) -> None:
    """Whoever takes points off for 1.2 times the reference's time would take them off the reference."""

    def measured(evidence: e.Evidence, number: int) -> e.Evidence:
        candidate = trial.make.used(cpu=1 + number / 10, memory=20_000_000)
        workload = trial.make.workload("load", candidate=candidate)
        return evidence.model_copy(update={"resources": e.Resources(workloads=(workload,))})

    trial.changed = measured
    said = [remark.text for remark in trial.remarks() if remark.fine]
    assert "workload 'load': cpu of the reference is 1.10 to 1.30 times its own" in said
    assert "workload 'load': memory of the reference is 1.00 to 1.00 times its own" in said


def test_a_workload_that_the_reference_does_not_get_through(trial: Trial) -> None:
    """Nobody can be compared with it then."""

    def failed(evidence: e.Evidence, _: int) -> e.Evidence:
        workload = trial.make.workload("load", outcome=FAILED, candidate=None)
        return evidence.model_copy(update={"resources": e.Resources(workloads=(workload,))})

    trial.changed = failed
    assert trial.complaints() == "workload 'load' could not be measured: failed"


def test_a_starter_that_earns(trial: Trial) -> None:
    """Points for what was given out tell nothing about anybody."""
    trial.hidden[b"starter"] = (PASSED, FAILED)
    assert "starter scores 40 of 100; it should score about nothing (at most 5%). It earns in: core 40" in (
        trial.complaints()
    )


def test_a_wrong_solution_that_the_suite_lets_pass(trial: Trial) -> None:
    """This is what broken solutions are for."""
    trial.hidden[b"wrong 3"] = (PASSED, PASSED)
    assert "broken/wrong-3 scores 100 of 100: should lose points in core and does not" in trial.complaints()


def test_a_wrong_solution_that_pays_twice(trial: Trial) -> None:
    """One mistake is charged once, or takehome.yaml says that it is not."""
    broken = {**trial.takehome.broken, "wrong-3": {"double.py": b"wrong 3"}}
    trial.takehome = replace(trial.takehome, broken=broken)
    said = trial.complaints()
    assert (
        "broken/wrong-3 scores 40 of 100: loses points in tests, which takehome.yaml does not declare" in said
    )


def test_too_few_broken_solutions(trial: Trial) -> None:
    """What was never tried is not known to work."""
    trial.takehome = replace(trial.takehome, broken={"untested": trial.takehome.broken["untested"]})
    assert "broken/ holds 1 solutions; 6 or more" in trial.complaints()


@pytest.mark.parametrize(
    ("markers", "complaint"),
    [
        (("cores",), "marked for criteria that rubric.yaml does not have: cores"),
        ((), "2 hidden tests carry no @pytest.mark.criterion, the first is test_secret.py::test_0"),
    ],
)
def test_markers_that_lead_nowhere(trial: Trial, markers: tuple[str, ...], complaint: str) -> None:
    """Such a test costs nobody anything, whatever its author thinks."""
    trial.markers = markers
    assert complaint in trial.complaints()


def test_a_suite_that_lets_mutants_pass(trial: Trial) -> None:
    """The survivors are named with file, line and change: there the brief says something that no test looks at."""
    trial.survives = lambda files: b"number + 2" in files["double.py"]
    said = trial.complaints()
    assert "suite rejects 2 of 3 mutants of the reference (67%); it should reject 75%" in said
    assert "passes unnoticed: double.py:2  number * 2  →  number + 2" in said


def test_a_mutant_that_breaks_the_suite_is_rejected(trial: Trial) -> None:
    """A solution that cannot be imported has passed nothing."""
    trial.drive = lambda _: DriveResult((), problem="does not import")  # type: ignore[method-assign]
    assert trial.complaints() == ""


def test_a_mutant_that_our_side_could_not_try_is_our_failure(trial: Trial) -> None:
    """It neither survived nor was rejected, and what the others showed is told all the same."""
    usual = trial.drive

    def lost(files: Files) -> DriveResult:
        if b"number + 2" in files["double.py"]:
            raise BoxLost("the engine went away")
        return usual(files)

    trial.drive = lost  # type: ignore[method-assign]
    said = trial.complaints()
    assert "suite rejects 2 of 2 mutants of the reference (100%)" in said
    assert (
        "could not be tried, through a failure of ours: double.py:2  number * 2  →  number + 2: the engine went away"
        in said
    )


def test_a_mutant_is_tried_again_when_our_side_fails_once(trial: Trial) -> None:
    """One container that is lost is no finding."""
    usual, lost = trial.drive, [BoxLost("the engine went away")]

    def lost_once(files: Files) -> DriveResult:
        if lost:
            raise lost.pop()
        return usual(files)

    trial.drive = lost_once  # type: ignore[method-assign]
    assert trial.complaints() == ""
    assert lost == []


def test_a_reference_that_this_python_cannot_read(trial: Trial) -> None:
    """The environment's Python may be newer than the author's; that is said, and no defect."""
    reference = {**REFERENCE, "double.py": b"def double(number) gives number * 2"}
    trial.takehome = replace(trial.takehome, reference=reference)
    [remark] = [remark for remark in trial.remarks() if "mutants" in remark.text]
    assert remark.fine
    assert "this Python cannot read double.py:1" in remark.text


def test_progress_tells_each_run(trial: Trial) -> None:
    """A check takes a minute; a bar that knows the whole makes it bearable."""
    said: list[str] = []
    rubric = parse(RUBRIC, "rubric.yaml")
    publish.check(trial.takehome, rubric, trial.grade, trial.drive, jobs=2, progress=said.append)
    tried = len(mutants(REFERENCE, publish.MUTANTS))
    assert len(said) == publish.REPEATS + 1 + 6 + tried <= publish.effort(trial.takehome)
    assert all(line.startswith("done: double, ") for line in said)
