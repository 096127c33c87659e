"""Evidence of an honest, perfect submission, of which each test changes what it is about."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from grader import evidence as e
from grader.rubric import Rubric, parse

PASSED, FAILED = e.TestOutcome.PASSED, e.TestOutcome.FAILED

MakeEvidence = Callable[..., e.Evidence]


def hidden_tests(
    *outcomes: e.TestOutcome, criteria: tuple[str, ...] = ("core",), **fields: object
) -> e.HiddenTests:
    """One test for each outcome, its id and message full of what a candidate must not see."""
    tests = tuple(
        e.HiddenTest(
            id=f"test_secret.py::test_{index}",
            criteria=criteria,
            outcome=outcome,
            message="expected SECRET" if outcome is not PASSED else "",
            output="SECRET output" if outcome is not PASSED else "",
            place=e.Place(path="solution.py", line=3) if outcome is not PASSED else None,
            suite_line=7,
        )
        for index, outcome in enumerate(outcomes)
    )
    return e.HiddenTests(suite_digest="s", tests=tests, **fields)  # type: ignore[arg-type]


def own_tests(**fields: object) -> e.OwnTests:
    """Two honest tests that accept the reference and catch one of two known-bad solutions."""
    defaults: dict[str, object] = {
        "tests": tuple(
            e.OwnTest(id=f"test_own.py::test_{i}", outcome=PASSED, assertions=1) for i in range(2)
        ),
        "coverage": (
            e.FileCoverage(path="solution.py", statements=10, covered=9, branches=4, branches_covered=2),
        ),
        "variants": (
            e.Variant(name="reference", role="reference", outcome="accepted", passed=2),
            e.Variant(name="SECRET-bug-1", role="known_bad", outcome="rejected", failed=1, reason="SECRET"),
            e.Variant(name="SECRET-bug-2", role="known_bad", outcome="accepted", passed=2),
        ),
    }
    return e.OwnTests(**(defaults | fields))  # type: ignore[arg-type]


def mutation(*outcomes: str, **fields: object) -> e.Mutation:
    """Four changes, of which three are noticed by an honest test; the controls are not."""
    outcomes = outcomes or ("killed", "killed", "survived", "killed")
    defaults: dict[str, object] = {
        "mutants": tuple(
            e.Mutant(
                place=e.Place(path="solution.py", line=number),
                diff=f"-     return {number}\n+     return None",
                outcome=outcome,
                by="test_own.py::test_0" if outcome == "killed" else "",
            )
            for number, outcome in enumerate(outcomes, 1)
        ),
        "possible": len(outcomes),
        "controls": 4,
    }
    return e.Mutation(**(defaults | fields))  # type: ignore[arg-type]


def orders(*failing: str) -> tuple[e.OrderedRun, ...]:
    """Both orders were tried; `failing` tests fail when they are reversed."""
    return (e.OrderedRun(order="reversed", failing=failing), e.OrderedRun(order="shuffled"))


def reading(**fields: object) -> e.Reading:
    defaults: dict[str, object] = {
        "functions": (
            e.FunctionComplexity(place=e.Place(path="solution.py"), name="greet", cyclomatic=3, lines=8),
        ),
        "files": (e.FileComplexity(path="solution.py", maintainability=80.0, sloc=50),),
        "figures": {"functions": 4, "documented_functions": 3, "identifiers": 10},
    }
    return e.Reading(**(defaults | fields))  # type: ignore[arg-type]


def history(*messages: str, **fields: object) -> e.History:
    """One commit for each message, newest first, each of ten lines."""
    commits = tuple(
        e.Commit(
            id=f"{number:02x}" * 20, author=1, seconds=number, message=message, files=1, added=10, removed=0
        )
        for number, message in enumerate(messages)
    )
    return e.History(commits=commits, authors=1, **fields)  # type: ignore[arg-type]


def used(cpu: float = 1.0, memory: int = 20_000_000, wall: float = 1.0) -> e.Usage:
    return e.Usage(wall_seconds=wall, cpu_seconds=cpu, memory_bytes=memory)


def workload(name: str = "SECRET-load", **fields: object) -> e.Workload:
    """Twice the memory of the reference, thrice its processor time, four times its time."""
    defaults = {
        "test": "test_secret.py::test_0",
        "outcome": PASSED,
        "runs": 2,
        "candidate": used(3.0, 40_000_000, 4.0),
        "reference": used(),
    }
    return e.Workload(name=name, **(defaults | fields))  # type: ignore[arg-type]


def submitted(path: str, kind: str = "source", origin: str = "new", size: int = 100) -> e.SubmittedFile:
    return e.SubmittedFile(path=path, size=size, sha256="0", kind=kind, from_starter=origin)  # type: ignore[arg-type]


def evidence(**fields: object) -> e.Evidence:
    defaults: dict[str, object] = {
        "outcome": e.Outcome.GRADED,
        "submission": e.Submission(
            digest="d",
            files=(submitted("solution.py"), submitted("test_own.py", "test"), submitted("README.md", "doc")),
        ),
        "takehome": e.TakehomeId(name="greeting", title="Greeting", digest="t"),
        "environment": e.EnvironmentId(name="base", image="i", runtime="runc", versions={"python": "3.13"}),
        "hidden_tests": hidden_tests(PASSED, PASSED, PASSED, PASSED),
        "own_tests": own_tests(),
        "reading": reading(),
        "resources": e.Resources(workloads=(workload(),)),
        "history": history("Fix", "Greet people without a name"),
    }
    return e.Evidence(**(defaults | fields))  # type: ignore[arg-type]


class Make:
    """Factories for evidence, handed to tests as one fixture because test modules cannot import each other."""

    evidence = staticmethod(evidence)
    hidden = staticmethod(hidden_tests)
    own = staticmethod(own_tests)
    mutation = staticmethod(mutation)
    orders = staticmethod(orders)
    reading = staticmethod(reading)
    file = staticmethod(submitted)
    history = staticmethod(history)
    workload = staticmethod(workload)
    used = staticmethod(used)


@pytest.fixture(scope="session")
def make() -> type[Make]:
    return Make


@pytest.fixture(scope="session")
def project() -> Path:
    return Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def default_rubric(project: Path) -> Rubric:
    return parse(
        (project / "grader" / "default_rubric.yaml").read_text(encoding="utf-8"), "default_rubric.yaml"
    )
