"""Holds the two runs of a suite against each other, and counts.

A suite *conforms* when every test that passes in one process also passes over the bridge. A suite in which no
test passes in one process (its code is broken, needs a package that is not there …) says nothing about the
bridge and is left out of the denominator, but it is counted and shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.conformance.one_process import Outcomes


@dataclass(frozen=True)
class Difference:
    """One test that passes in one process and not over the bridge."""

    suite: str
    test: str
    outcome: str
    message: str


@dataclass(frozen=True)
class Row:
    """One collection. `conforming` and `tests_over_bridge` are about the suites that pass in one process."""

    collection: str
    kind: str
    exercises: int
    passing: int
    conforming: int
    tests: int
    tests_over_bridge: int

    @property
    def percentage(self) -> float:
        return 100.0 * self.conforming / self.passing if self.passing else 100.0


def differences(suite: str, plain: Outcomes, bridged: Outcomes) -> list[Difference]:
    """Every test of `plain.passed` that did not pass over the bridge, in the order in which it ran."""
    found = []
    for test, outcome in plain.tests.items():
        over = bridged.tests.get(test, "missing")
        if outcome == "passed" and over != "passed":
            message = bridged.messages.get(test) or bridged.problem or "no such test over the bridge"
            found.append(Difference(suite, test, over, message))
    return found


def row(
    collection: str, kind: str, plain: Sequence[Outcomes], differing: Sequence[Sequence[Difference]]
) -> Row:
    """Sum up a collection: its suites in one process and, in the same order, what differed over the bridge."""
    tests = sum(len(outcomes.passed) for outcomes in plain)
    passing = [found for outcomes, found in zip(plain, differing, strict=True) if outcomes.passed]
    return Row(
        collection=collection,
        kind=kind,
        exercises=len(plain),
        passing=len(passing),
        conforming=sum(1 for found in passing if not found),
        tests=tests,
        tests_over_bridge=tests - sum(len(found) for found in passing),
    )


def total(rows: Sequence[Row]) -> Row:
    """All rows together, which are of one kind."""
    kind = rows[0].kind
    return Row(
        f"all {kind}",
        kind,
        sum(r.exercises for r in rows),
        sum(r.passing for r in rows),
        sum(r.conforming for r in rows),
        sum(r.tests for r in rows),
        sum(r.tests_over_bridge for r in rows),
    )
