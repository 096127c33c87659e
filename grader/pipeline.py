"""From a submission to evidence: three stages side by side, whose facts are checked and put together here.

Nothing in here judges. What a stage could not do for a reason of our own ends the grading as
`infrastructure_failed`; what the candidate's code did is a fact.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from grader.collected import hidden_tests_of, own_tests_of, seconds_of, variant_of
from grader.counting import believed, counting, given, passing
from grader.evidence import (
    EnvironmentId,
    Evidence,
    Outcome,
    OwnTests,
    Reading,
    RefusedEntry,
    Stage,
    Submission,
    Variant,
)
from grader.facts import BadFacts, assertions_of, reading_of
from grader.intake.errors import IntakeError
from grader.intake.submission import Intake, submission_facts
from grader.plan import KnownTest, Plan, VariantPlan, with_tests_of
from grader.probing import Planned, asks, planned_of, probe
from grader.takehome import TakehomeError
from grader.workloads import compare, workloads_of
from sandbox.contract import AskedTests, CandidateBox, DriveResult, OwnTestsResult, Sandbox
from sandbox.errors import SandboxError

ATTEMPTS = 2
"""A grading that failed for a reason of ours is tried once more in fresh containers before it is reported."""

SHOWN_LINES = 8
"""Of a suite that cannot run."""

Progress = Callable[[str], None]
T = TypeVar("T")


class SuiteBroken(TakehomeError):
    """A hidden suite that its own reference does not get through."""


@dataclass(frozen=True)
class _Timed(Generic[T]):
    """A stage's result and what it cost."""

    value: T
    stage: Stage


def ungradable(plan: Plan, reason: str) -> Evidence:
    """The evidence about an upload that cannot be judged."""
    return Evidence(
        outcome=Outcome.UNGRADABLE,
        reason=reason,
        submission=Submission(digest="", files=()),
        takehome=plan.takehome,
        environment=EnvironmentId(name=plan.environment, image="", runtime=""),
    )


def grade(
    sandbox: Sandbox, plan: Plan, take: Callable[[], Intake], progress: Progress = lambda _: None
) -> Evidence:
    """Collect the evidence about one submission; `take` takes it over.

    Never raises for what the candidate did, nor for what the sandbox could not do: both are outcomes.
    """
    try:
        intake = take()
    except IntakeError as error:
        return ungradable(plan, str(error))
    missing = [path for path in plan.required if path not in intake.files]
    if missing:
        names = ", ".join(missing)
        return _not_graded(
            plan,
            intake,
            Outcome.UNGRADABLE,
            f"The submission lacks {names}, at its top level. Add it and submit again.",
        )
    problem = ""
    for attempt in range(ATTEMPTS):
        try:
            return _collect(sandbox, plan, intake, progress)
        except SandboxError as error:
            problem = str(error)
            # without the reason, which may quote the hidden suite: a candidate may be looking on
            progress(f"attempt {attempt + 1} failed for a reason of ours ({type(error).__name__})")
    return _not_graded(plan, intake, Outcome.INFRASTRUCTURE_FAILED, problem)


def _not_graded(plan: Plan, intake: Intake, outcome: Outcome, reason: str) -> Evidence:
    return Evidence(
        outcome=outcome,
        reason=reason,
        submission=submission_facts(intake, plan.starter),
        takehome=plan.takehome,
        environment=EnvironmentId(name=plan.environment, image="", runtime=""),
        history=intake.history,
    )


def _collect(sandbox: Sandbox, plan: Plan, intake: Intake, progress: Progress) -> Evidence:
    start = time.monotonic()
    own = plan.own_tests(intake.files)
    with ThreadPoolExecutor(max_workers=3, thread_name_prefix="stage") as threads:
        reading = threads.submit(_timed, "read", lambda: _read(sandbox, plan, intake, own))
        variants = threads.submit(_timed, "variants", lambda: _variants(sandbox, plan, intake, own))
        with sandbox.box(plan.environment, intake.files, plan.limits) as box:
            progress("grading")
            tested = threads.submit(_timed, "own tests", lambda: _own(box, own))
            hidden = _timed("hidden tests", lambda: box.drive(plan.suite))
            theirs = tested.result()
    read, others = reading.result(), variants.result()
    collected = hidden_tests_of(hidden.value, plan.suite.digest, plan.known, intake.files)
    facts, assertions, planned, cpu = read.value
    stages = [
        _with_cpu(read.stage, cpu),
        _with_cpu(hidden.stage, hidden.value.grading_cpu_seconds + hidden.value.candidate_cpu_seconds),
    ]
    submission = submission_facts(intake, plan.starter)
    own_tests = OwnTests(problem="no test files were found")
    if own:
        own_tests = own_tests_of(theirs.value, intake.files, assertions, others.value)
        stages.append(_with_cpu(theirs.stage, theirs.value.cpu_seconds))
        if plan.variants:
            stages.append(others.stage)
        asked = _asked(submission, facts, own_tests)
        if asks(plan) and asked.heeded:
            progress("trying their tests on changed code")  # after the rest, whose time it must not take
            probed = _timed("probe", lambda: probe(sandbox, plan, intake, planned, asked))
            mutation = probed.value.mutation if plan.mutants else None
            own_tests = own_tests.model_copy(update={"mutation": mutation, "orders": probed.value.orders})
            stages.append(_with_cpu(probed.stage, probed.value.cpu_seconds))
    resources = None
    if workloads_of(plan):  # alone, after everything else, so that nothing of ours disturbs what is measured
        progress("measuring workloads")
        compared = _timed("workloads", lambda: compare(sandbox, plan, intake.files, collected))
        resources = compared.value
        stages.append(compared.stage)
    stages.append(Stage(name="all", wall_seconds=round(time.monotonic() - start, 4)))
    return Evidence(
        outcome=Outcome.GRADED,
        submission=submission,
        takehome=plan.takehome,
        environment=_environment(sandbox, plan),
        hidden_tests=collected,
        own_tests=own_tests,
        reading=facts,
        history=intake.history,
        resources=resources,
        stages=tuple(stages),
    )


def _asked(submission: Submission, facts: Reading, own: OwnTests) -> AskedTests:
    """Where none is believed all that count are asked: their order is looked at in any case."""
    heeded = believed(submission.files, facts.findings, own)
    return AskedTests(
        heeded or tuple(test.id for test in counting(submission.files, own)),
        tuple(sorted(given(submission.files, passing(own)))),
    )


def _timed(name: str, work: Callable[[], T]) -> _Timed[T]:
    start = time.monotonic()
    value = work()
    return _Timed(value, Stage(name=name, wall_seconds=round(time.monotonic() - start, 4)))


def _with_cpu(stage: Stage, seconds: float) -> Stage:
    """`seconds` may come from a candidate box, so it may be anything that is called a number."""
    checked = seconds_of(seconds)
    return stage.model_copy(update={"cpu_seconds": None if checked is None else round(checked, 4)})


def _environment(sandbox: Sandbox, plan: Plan) -> EnvironmentId:
    info = sandbox.environment(plan.environment)
    return EnvironmentId(name=info.name, image=info.image, runtime=info.runtime, versions=dict(info.versions))


def _read(
    sandbox: Sandbox, plan: Plan, intake: Intake, own: tuple[str, ...]
) -> tuple[Reading, dict[str, int], Planned, float]:
    starter = {
        path: content.decode("utf-8", "replace")
        for path, content in plan.starter.items()
        if path.endswith(".py")
    }
    options: dict[str, Any] = {"starter": starter, "brief_words": plan.brief_words(), "tests": list(own)}
    if own and plan.mutants:
        options |= {"mutants": plan.mutants, "seed": secrets.token_hex(8)}
    result = sandbox.read(intake.files, options)
    if "error" in result.facts:
        entry = RefusedEntry(name=".", reason=f"the submission could not be read: {result.facts['error']}")
        return Reading(unreadable=(entry,)), {}, Planned(), result.cpu_seconds
    try:
        planned = planned_of(result.facts, intake.files)
        return (
            reading_of(result.facts, intake.files),
            assertions_of(result.facts),
            planned,
            result.cpu_seconds,
        )
    except BadFacts as error:
        raise SandboxError(f"the reading container gave facts that cannot be: {error}") from error


def _own(box: CandidateBox, own: tuple[str, ...]) -> OwnTestsResult:
    return box.own_tests(own, coverage=True) if own else OwnTestsResult()


def _variants(sandbox: Sandbox, plan: Plan, intake: Intake, own: tuple[str, ...]) -> tuple[Variant, ...]:
    """Each variant in a box of its own: nothing that one run leaves behind can tell the next what it faces."""
    if not own or not plan.variants:
        return ()
    with ThreadPoolExecutor(max_workers=2, thread_name_prefix="variant") as threads:
        runs: list[Future[Variant]] = [
            threads.submit(_variant, sandbox, plan, variant, intake.files, own) for variant in plan.variants
        ]
        return tuple(run.result() for run in runs)


def _variant(
    sandbox: Sandbox, plan: Plan, variant: VariantPlan, submission: Mapping[str, bytes], own: tuple[str, ...]
) -> Variant:
    files = with_tests_of(submission, variant.files, own)
    with sandbox.box(plan.environment, files, plan.limits) as box:
        return variant_of(variant.name, variant.role, box.own_tests(own, coverage=False))


def drive_only(sandbox: Sandbox, plan: Plan, files: Mapping[str, bytes]) -> DriveResult:
    """Run nothing but the hidden suite, each test once.

    Raises:
        SandboxError: our side could not do it.
    """
    with sandbox.box(plan.environment, files, plan.limits) as box:
        return box.drive(replace(plan.suite, rerun_failures=0))


def learn_known(sandbox: Sandbox, plan: Plan, reference: Mapping[str, bytes]) -> tuple[KnownTest, ...]:
    """All tests of the suite, as a run against the reference solution collects them.

    Raises:
        SuiteBroken: the suite does not come to its end against the reference, or holds no test.
        SandboxError: our side could not run it.
    """
    result = drive_only(sandbox, plan, reference)
    problem = result.problem or ("" if result.tests else "it holds no test")
    if problem:
        raise SuiteBroken(
            f"The hidden suite of {plan.takehome.name} cannot be run against its reference: {_end_of(problem)}\n"
            "Mend the suite or the reference; until then nobody can be graded with it."
        )
    return tuple(KnownTest(test.id, test.criteria, test.workload) for test in result.tests)


def _end_of(problem: str) -> str:
    """The last lines of what may be a traceback: there is what happened, above it only how."""
    lines = problem.splitlines()
    if len(lines) <= SHOWN_LINES:
        return problem
    return "\n".join([f"(the last of {len(lines)} lines)", *lines[-SHOWN_LINES:]])
