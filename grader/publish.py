"""The publish check: is this take-home fair? Everything that can be tried is tried, in the sandbox.

A rubric that the reference does not satisfy, a suite that a wrong solution passes, a test that comes and goes: each
would cost a candidate points for nothing, so each keeps the take-home from being published.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from grader.evidence import HiddenTest, Outcome, TestOutcome
from grader.report import Report
from grader.rubric import Rubric, not_announced
from grader.takehome import Takehome
from sandbox.contract import Files

MIN_BROKEN = 6
STARTER_SHARE = 0.05
REPEATS = 3
TIME_SHARE = 0.5
"""The reference may use up to this share of the time that a test has."""

GradeFiles = Callable[[Files], Report]


@dataclass(frozen=True)
class Remark:
    """One thing that was checked, and how it went."""

    fine: bool
    text: str


def check(
    takehome: Takehome, rubric: Rubric, grade: GradeFiles, *, jobs: int = 1, progress: Callable[[str], None]
) -> list[Remark]:
    """Try the take-home out; one remark for each thing that was checked.

    Raises:
        SandboxError: never; a grading that our side could not do is a remark.
    """
    solutions: dict[str, Files] = {f"reference, run {number + 1}": takehome.reference for number in range(REPEATS)}
    solutions["starter"] = takehome.starter
    solutions.update({f"broken/{name}": files for name, files in takehome.broken.items()})

    def one(name: str) -> Report:
        report = grade(solutions[name])
        progress(f"{takehome.name}: {name}")
        return report

    with ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="check") as threads:
        reports = dict(zip(solutions, threads.map(one, solutions), strict=True))
    references = [reports[f"reference, run {number + 1}"] for number in range(REPEATS)]
    return [
        *_announced(takehome, rubric),
        *_markers(rubric, references[0]),
        *_reference(references, takehome),
        *_starter(reports["starter"]),
        *_broken(takehome, {name: reports[f"broken/{name}"] for name in takehome.broken}),
    ]


def _announced(takehome: Takehome, rubric: Rubric) -> Iterator[Remark]:
    silent = not_announced(rubric, takehome.brief)
    for criterion in silent:
        yield Remark(
            False,
            f"criterion {criterion.id!r} quotes a sentence that brief.md does not hold: {criterion.announced!r}. "
            "Only what the brief said is scored: add the sentence, or quote the one that is there.",
        )
    if not silent:
        yield Remark(True, f"brief.md announces all {len(rubric.criteria)} criteria")


def _markers(rubric: Rubric, reference: Report) -> Iterator[Remark]:
    hidden = reference.evidence.hidden_tests
    used = {name for test in (hidden.tests if hidden else ()) for name in test.criteria}
    strange = sorted(used - {criterion.id for criterion in rubric.criteria})
    if strange:
        yield Remark(
            False, f"hidden tests are marked for criteria that rubric.yaml does not have: {', '.join(strange)}"
        )
    without = sorted(test.id for test in (hidden.tests if hidden else ()) if not test.criteria)
    if without:
        yield Remark(
            False, f"{len(without)} hidden tests carry no @pytest.mark.criterion, the first is {without[0]}"
        )


def _reference(references: list[Report], takehome: Takehome) -> Iterator[Remark]:
    lost = _failed_grading(references, "reference")
    if lost is not None:
        yield lost
        return
    first = references[0]
    failing = [test for test in _tests(first) if test.outcome is not TestOutcome.PASSED]
    if first.score is not None and first.score.points == first.score.max:
        yield Remark(True, f"reference scores {first.score.points:g} of {first.score.max:g}")
    else:
        yield Remark(False, f"reference does not score 100 %: {_losses(first)}")
    for test in failing[:5]:
        yield Remark(False, f"reference fails {test.id}: {_first_line(test.message)}")
    yield _stability(references)
    limit = takehome.limits().test_seconds * TIME_SHARE
    slow = [test for test in _tests(first) if test.seconds > limit]
    if slow:
        yield Remark(
            False,
            f"reference needs {slow[0].seconds:.1f} s for {slow[0].id}, more than half of the limit test_seconds: "
            "raise the limit or make the test lighter",
        )
    else:
        yield Remark(True, "reference stays well inside the time limits")


def _stability(references: list[Report]) -> Remark:
    outcomes: dict[str, set[TestOutcome]] = {}
    for report in references:
        for test in _tests(report):
            outcomes.setdefault(test.id, set()).update({test.outcome, *test.attempts})
    shaky = sorted(name for name, seen in outcomes.items() if len(seen) > 1)
    if shaky:
        return Remark(False, f"{len(shaky)} tests do not give the same outcome every time, the first is {shaky[0]}")
    counts = Counter(len(_tests(report)) for report in references)
    if len(counts) > 1:
        return Remark(False, f"the number of tests changes from run to run: {sorted(counts)}")
    return Remark(True, f"all {len(outcomes)} hidden tests give the same outcome in {len(references)} runs")


def _starter(report: Report) -> Iterator[Remark]:
    if report.outcome is Outcome.UNGRADABLE:
        yield Remark(True, "starter is ungradable as it is, so it earns nothing")
    elif report.score is None:
        yield Remark(False, f"starter could not be graded: {report.reason}")
    else:
        fine = report.score.share <= STARTER_SHARE
        advice = "" if fine else f"; it should score about nothing (at most {STARTER_SHARE:.0%}). It earns in: {_gains(report)}"
        yield Remark(fine, f"starter scores {report.score.points:g} of {report.score.max:g}{advice}")


def _broken(takehome: Takehome, reports: Mapping[str, Report]) -> Iterator[Remark]:
    if len(reports) < MIN_BROKEN:
        yield Remark(
            False, f"broken/ holds {len(reports)} solutions; {MIN_BROKEN} or more show what the suite and rubric catch"
        )
    for name, report in reports.items():
        expected = set(takehome.spec.broken[name].loses)
        if report.score is None:
            yield Remark(False, f"broken/{name} could not be graded: {report.reason}")
            continue
        lost = {criterion.id for criterion in report.criteria if criterion.points < criterion.max - criterion.pending}
        problems = []
        if expected - lost:
            problems.append(f"should lose points in {_listed(expected - lost)} and does not")
        if lost - expected:
            problems.append(f"loses points in {_listed(lost - expected)}, which takehome.yaml does not declare ({_losses(report)})")
        text = f"broken/{name} scores {report.score.points:g} of {report.score.max:g}"
        yield Remark(not problems, f"{text}, loses in {_listed(lost)}" if not problems else f"{text}: {'; '.join(problems)}")


def _failed_grading(reports: list[Report], name: str) -> Remark | None:
    for report in reports:
        if report.outcome is not Outcome.GRADED:
            return Remark(False, f"{name} could not be graded ({report.outcome.value}): {report.reason}")
    return None


def _tests(report: Report) -> tuple[HiddenTest, ...]:
    hidden = report.evidence.hidden_tests
    return hidden.tests if hidden else ()


def _losses(report: Report) -> str:
    parts = [
        f"{criterion.id}/{item.id} {item.points:g} of {item.max:g} ({item.why})"
        for criterion in report.criteria
        for item in criterion.items
        if item.points < item.max and item.kind != "human"
    ]
    gates = [f"gate {gate.id}" for gate in report.gates if gate.applied]
    return "; ".join(parts + gates) or "no item lost points"


def _gains(report: Report) -> str:
    return ", ".join(f"{criterion.id} {criterion.points:g}" for criterion in report.criteria if criterion.points)


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "nothing"


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "no message")[:200]
