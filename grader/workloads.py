"""Workloads: hidden tests whose use of processor and memory is compared with the reference's, in the same grading.

Candidate and reference take turns, each run in a box of its own: a busy machine slows down both, and nothing that one
run leaves behind (a cache, a file) makes the next one cheaper. Of several runs the least counts: what disturbs
a run only ever adds to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from grader.collected import usage_of
from grader.evidence import HiddenTests, Resources, TestOutcome, Usage, Workload
from grader.plan import KnownTest, Plan
from sandbox.contract import Files, Sandbox

RUNS = 2
"""Of each side. A third would cost as much as the second and rarely find less."""


def workloads_of(plan: Plan) -> tuple[KnownTest, ...]:
    """The tests of the suite that are workloads; none where there is no reference to compare with."""
    return tuple(test for test in plan.known or () if test.workload) if plan.reference else ()


def compare(sandbox: Sandbox, plan: Plan, submission: Files, hidden: HiddenTests) -> Resources:
    """Measure each workload that the submission has passed.

    Raises:
        SandboxError: our side could not do it.
    """
    outcomes = {test.id: test.outcome for test in hidden.tests}
    return Resources(
        workloads=tuple(
            _compare(sandbox, plan, test, submission)
            if outcomes[test.id] is TestOutcome.PASSED
            else Workload(name=test.workload or "", test=test.id, outcome=outcomes[test.id])
            for test in workloads_of(plan)
        )
    )


def _compare(sandbox: Sandbox, plan: Plan, test: KnownTest, submission: Files) -> Workload:
    found: dict[str, list[Usage]] = {"candidate": [], "reference": []}
    for _ in range(RUNS):
        for side, files in (("candidate", submission), ("reference", plan.reference)):
            came, usage = _run(sandbox, plan, test.id, files)
            if side == "candidate" and came is not TestOutcome.PASSED:
                return Workload(name=test.workload or "", test=test.id, outcome=came)
            if came is TestOutcome.PASSED and usage is not None:
                found[side].append(usage)
    return Workload(
        name=test.workload or "",
        test=test.id,
        outcome=TestOutcome.PASSED,
        runs=RUNS,
        candidate=_least(found["candidate"]),
        reference=_least(found["reference"]),
    )


def _run(
    sandbox: Sandbox, plan: Plan, test: str, files: Mapping[str, bytes]
) -> tuple[TestOutcome, Usage | None]:
    """The outcome of one test, alone in a fresh box, and what it used."""
    with sandbox.box(plan.environment, files, plan.limits) as box:
        result = box.drive(replace(plan.suite, rerun_failures=0, workload=test))
    for record in result.tests:
        if record.id == test:
            return TestOutcome(record.outcome), usage_of(record.usage)
    return TestOutcome.MISSING, None


def _least(found: list[Usage]) -> Usage | None:
    """The least of each figure; None when a run of those that were wanted has none."""
    if len(found) < RUNS:
        return None
    return Usage(
        wall_seconds=min(usage.wall_seconds for usage in found),
        cpu_seconds=min(usage.cpu_seconds for usage in found),
        memory_bytes=min(usage.memory_bytes for usage in found),
    )
