"""The publish check: is this take-home fair? Everything that can be tried is tried, in the sandbox.

A rubric that the reference does not satisfy, a suite that a wrong solution passes, a test that comes and goes: each
would cost a candidate points for nothing, so each keeps the take-home from being published.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction

from grader.evidence import HiddenTest, Outcome, TestOutcome
from grader.measures.resources import FIGURES
from grader.mutants import Mutant, mutants
from grader.report import Explanation, Report
from grader.rubric import Rubric, levels_not_announced, not_announced
from grader.scoring import Scorer
from grader.takehome import Takehome
from sandbox.contract import DriveResult, Files
from sandbox.errors import SandboxError

MIN_BROKEN = 6
STARTER_SHARE = 0.05
REPEATS = 3
TIME_SHARE = 0.5
"""The reference may use up to this share of the time that a test has, and that the suite has."""
MUTANTS = 20
"""So many are tried at most: each costs a run of the suite."""
REJECTED_SHARE = 0.75
"""Some mutants do the same as the original, and only a person can tell; so not all of them must be rejected."""
SHOWN = 5
"""How many of a kind are shown."""

GradeFiles = Callable[[Files], Report]
"""Grades a whole solution."""
DriveFiles = Callable[[Files], DriveResult]
"""Runs the hidden suite alone against a solution.

Raises:
    SandboxError: our side could not do it.
"""


@dataclass(frozen=True)
class Remark:
    """One thing that was checked, and how it went. `text` may have several lines."""

    fine: bool
    text: str


def effort(takehome: Takehome) -> int:
    """How many runs `check` needs, at most: for a progress display."""
    return REPEATS + 1 + len(takehome.broken) + MUTANTS


def check(
    takehome: Takehome,
    rubric: Rubric,
    grade: GradeFiles,
    drive: DriveFiles,
    *,
    jobs: int = 1,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Remark]:
    """Try the take-home out, `jobs` runs at a time; one remark for each thing that was checked.

    What our side could not do is a remark. `progress` hears "done: …" after each run.
    """
    solutions: dict[str, Files] = {
        f"reference, run {number + 1}": takehome.reference for number in range(REPEATS)
    }
    solutions["starter"] = takehome.starter
    solutions.update({f"broken/{name}": files for name, files in takehome.broken.items()})

    def one(name: str) -> Report:
        report = grade(solutions[name])
        progress(f"done: {takehome.name}, {name}")
        return report

    with ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="check") as threads:
        reports = dict(zip(solutions, threads.map(one, solutions), strict=True))
    references = [reports[f"reference, run {number + 1}"] for number in range(REPEATS)]
    remarks = [
        *_announced(takehome, rubric),
        *_markers(rubric, references[0]),
        *_reference(references, takehome),
        *_workloads(references),
        *_starter(reports["starter"]),
        *_broken(takehome, {name: reports[f"broken/{name}"] for name in takehome.broken}),
        *_levels(takehome, rubric, reports),
    ]
    passes = [test for test in _tests(references[0]) if test.outcome is TestOutcome.PASSED]
    if passes:  # else there is nothing that could reject a mutant, and the remarks say so
        remarks.append(_mutants(takehome, drive, jobs, progress))
    return remarks


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
    for name in levels_not_announced(rubric, takehome.brief):
        yield Remark(
            False,
            f"level {name!r}: brief.md does not say what is expected of it. Give the level an `announced` sentence "
            "that stands in brief.md.",
        )
    bare = [item.id for each in rubric.criteria for item in each.items if not _is_explained(item.explain)]
    if bare:
        yield Remark(
            True,
            f"{len(bare)} items lack a part of `explain` (what, why, good, bad), so candidates learn less from them: "
            f"{', '.join(bare[:SHOWN])}{' …' if len(bare) > SHOWN else ''}",
        )


def _is_explained(about: Explanation) -> bool:
    return all((about.what, about.why, about.good, about.bad))


def _markers(rubric: Rubric, reference: Report) -> Iterator[Remark]:
    hidden = reference.evidence.hidden_tests
    used = {name for test in (hidden.tests if hidden else ()) for name in test.criteria}
    strange = sorted(used - {criterion.id for criterion in rubric.criteria})
    if strange:
        yield Remark(
            False,
            f"hidden tests are marked for criteria that rubric.yaml does not have: {', '.join(strange)}",
        )
    without = sorted(test.id for test in (hidden.tests if hidden else ()) if not test.criteria)
    if without:
        yield Remark(
            False, f"{len(without)} hidden tests carry no @pytest.mark.criterion, the first is {without[0]}"
        )


def _reference(references: list[Report], takehome: Takehome) -> Iterator[Remark]:
    for report in references:
        if report.outcome is not Outcome.GRADED:
            yield Remark(False, f"reference could not be graded ({report.outcome.value}): {report.reason}")
            return
    first = references[0]
    if first.score is not None and first.score.exact == "1":
        yield Remark(True, f"reference scores {first.score.points:g} of {first.score.max:g}")
    else:
        yield Remark(False, f"reference does not score 100 %: {_losses(first)}")
    failing = [test for test in _tests(first) if test.outcome is not TestOutcome.PASSED]
    for test in failing[:SHOWN]:
        yield Remark(
            False, f"reference does not pass {test.id}: {test.outcome.value}, {_first_line(test.message)}"
        )
    if len(failing) > SHOWN:
        yield Remark(False, f"reference does not pass {len(failing) - SHOWN} more hidden tests")
    yield _stability(references)
    yield _pace(first, takehome)


def _pace(reference: Report, takehome: Takehome) -> Remark:
    limits = takehome.limits()
    slow = [test for test in _tests(reference) if test.seconds > limits.test_seconds * TIME_SHARE]
    if slow:
        return Remark(
            False,
            f"reference needs {slow[0].seconds:.1f} s for {slow[0].id}, more than half of the limit "
            "test_seconds: raise the limit or make the test lighter",
        )
    whole = sum(test.seconds for test in _tests(reference))
    if whole > limits.suite_seconds * TIME_SHARE:
        return Remark(
            False,
            f"reference needs {whole:.1f} s for the hidden suite, more than half of the limit suite_seconds: "
            "raise the limit or make tests lighter",
        )
    return Remark(True, "reference stays well inside the time limits")


def _workloads(references: list[Report]) -> Iterator[Remark]:
    """How far the reference is from itself tells an author how much more than 1 may cost nothing."""
    seen: dict[tuple[str, str], list[Fraction]] = {}
    for report in references:
        for workload in report.evidence.resources.workloads if report.evidence.resources else ():
            if workload.candidate is None or workload.reference is None:
                yield Remark(
                    False, f"workload {workload.name!r} could not be measured: {workload.outcome.value}"
                )
                return
            for name, figure in FIGURES.items():
                times = figure.times(workload.candidate, workload.reference)
                seen.setdefault((workload.name, name), []).append(times)
    for (workload_name, name), ratios in seen.items():
        spread = f"{float(min(ratios)):.2f} to {float(max(ratios)):.2f}"
        yield Remark(True, f"workload {workload_name!r}: {name} of the reference is {spread} times its own")


def _stability(references: list[Report]) -> Remark:
    outcomes: dict[str, set[TestOutcome]] = {}
    for report in references:
        for test in _tests(report):
            outcomes.setdefault(test.id, set()).update({test.outcome, *test.attempts})
    shaky = sorted(name for name, seen in outcomes.items() if len(seen) > 1)
    if shaky:
        return Remark(
            False,
            f"{len(shaky)} hidden tests do not give the same outcome every time, the first is {shaky[0]}: "
            "take the clock, the order and the randomness out of them",
        )
    return Remark(True, f"all {len(outcomes)} hidden tests give the same outcome in {len(references)} runs")


def _starter(report: Report) -> Iterator[Remark]:
    if report.outcome is Outcome.UNGRADABLE:
        yield Remark(True, "starter is ungradable as it is, so it earns nothing")
    elif report.score is None:
        yield Remark(False, f"starter could not be graded ({report.outcome.value}): {report.reason}")
    else:
        fine = report.score.share <= STARTER_SHARE
        advice = (
            ""
            if fine
            else f"; it should score about nothing (at most {STARTER_SHARE:.0%}). It earns in: {_gains(report)}"
        )
        yield Remark(fine, f"starter scores {report.score.points:g} of {report.score.max:g}{advice}")


def _broken(takehome: Takehome, reports: Mapping[str, Report]) -> Iterator[Remark]:
    if len(reports) < MIN_BROKEN:
        yield Remark(
            False,
            f"broken/ holds {len(reports)} solutions; {MIN_BROKEN} or more show what the suite and rubric catch",
        )
    for name, report in reports.items():
        expected = set(takehome.spec.broken[name].loses)
        if report.score is None:
            yield Remark(
                False, f"broken/{name} could not be graded ({report.outcome.value}): {report.reason}"
            )
            continue
        lost = _lost(report)
        problems = []
        if expected - lost:
            problems.append(f"should lose points in {_listed(expected - lost)} and does not")
        if lost - expected:
            why = _losses(report, lost - expected)
            problems.append(
                f"loses points in {_listed(lost - expected)}, which takehome.yaml does not declare ({why})"
            )
        text = f"broken/{name} scores {report.score.points:g} of {report.score.max:g}"
        yield Remark(
            not problems,
            f"{text}, loses in {_listed(lost)}" if not problems else f"{text}: {'; '.join(problems)}",
        )


def _levels(takehome: Takehome, rubric: Rubric, reports: Mapping[str, Report]) -> Iterator[Remark]:
    """The same evidence at each level: what one level asks for, the reference must have, and no flaw pays twice.

    A broken solution need not lose at a level that asks for less.
    """
    graded = {name: report for name, report in reports.items() if report.outcome is Outcome.GRADED}
    for name in rubric.levels:
        scorer = Scorer(rubric, name)
        at_level = {solution: scorer.score(report.evidence) for solution, report in graded.items()}
        problems = list(_level_problems(takehome, at_level))
        for problem in problems:
            yield Remark(False, f"level {name!r}: {problem}")
        if not problems:
            yield Remark(
                True, f"level {name!r}: reference, starter and broken solutions score as they should"
            )


def _level_problems(takehome: Takehome, reports: Mapping[str, Report]) -> Iterator[str]:
    for solution, report in reports.items():
        if report.score is None:
            continue
        if solution.startswith("reference") and report.score.exact != "1":
            yield f"{solution} does not score 100 %: {_losses(report)}"
            return  # the others are made from it
        if solution == "starter" and report.score.share > STARTER_SHARE:
            yield f"starter scores {report.score.share:.0%}; it earns in: {_gains(report)}"
        name = solution.removeprefix("broken/")
        if name != solution:
            stray = _lost(report) - set(takehome.spec.broken[name].loses)
            if stray:
                yield f"{solution} loses points in {_listed(stray)}, undeclared ({_losses(report, stray)})"


def _lost(report: Report) -> set[str]:
    return {criterion.id for criterion in report.criteria if criterion.points < criterion.max}


def _mutants(takehome: Takehome, drive: DriveFiles, jobs: int, progress: Callable[[str], None]) -> Remark:
    try:
        chosen = mutants(takehome.reference, MUTANTS)
    except SyntaxError as error:
        return Remark(
            True,
            f"no mutants were tried: this Python cannot read {error.filename}:{error.lineno}: {error.msg}",
        )
    if not chosen:
        return Remark(True, "no mutants were tried: reference/ holds nothing to change")

    def tried_out(mutant: Mutant) -> bool | SandboxError:
        """Whether it passes unnoticed; what went wrong, where our side could not tell."""
        try:
            result = _driven(drive, mutant.of(takehome.reference))
        except SandboxError as error:
            return error
        finally:
            progress(f"done: {takehome.name}, mutant of {mutant.path}:{mutant.line}")
        return result.problem is None and all(test.outcome == TestOutcome.PASSED for test in result.tests)

    with ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="mutant") as threads:
        outcomes = list(zip(chosen, threads.map(tried_out, chosen), strict=True))
    lost = [(mutant, error) for mutant, error in outcomes if isinstance(error, SandboxError)]
    survivors = [mutant for mutant, survived in outcomes if survived is True]
    tried = len(chosen) - len(lost)
    share = (tried - len(survivors)) / tried if tried else 0.0
    text = f"suite rejects {tried - len(survivors)} of {tried} mutants of the reference ({share:.0%})"
    if share < REJECTED_SHARE:
        text += (
            f"; it should reject {REJECTED_SHARE:.0%}: add tests for what the brief says about these places"
        )
    lines = [text, *(f"passes unnoticed: {mutant}" for mutant in survivors)]
    lines += [f"could not be tried, through a failure of ours: {mutant}: {error}" for mutant, error in lost]
    return Remark(share >= REJECTED_SHARE and not lost, "\n".join(lines))


def _driven(drive: DriveFiles, files: Files) -> DriveResult:
    """A failure of ours gets a second chance, as it does when a submission is graded."""
    try:
        return drive(files)
    except SandboxError:
        return drive(files)


def _tests(report: Report) -> tuple[HiddenTest, ...]:
    hidden = report.evidence.hidden_tests
    return hidden.tests if hidden else ()


def _losses(report: Report, within: set[str] | None = None) -> str:
    """Items that lost points, in the criteria `within` (None: in all, and gates)."""
    parts = [
        f"{criterion.id}/{item.id} {item.points:g} of {item.max:g} ({item.why})"
        for criterion in report.criteria
        for item in criterion.items
        if item.points < item.max and item.kind != "human" and (within is None or criterion.id in within)
    ]
    gates = [f"gate {gate.id}" for gate in report.gates if gate.applied and within is None]
    return "; ".join(parts + gates) or "no item shows a loss"


def _gains(report: Report) -> str:
    return ", ".join(
        f"{criterion.id} {criterion.points:g}" for criterion in report.criteria if criterion.points
    )


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "nothing"


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "no message")[:200]
