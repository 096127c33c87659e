"""The candidate's own tests tried on changes of their own code: what is asked, and what the answers come to.

The reading program names the changes (`grader.reading.mutants`), the box tries them, and only here it is known which
of them are controls.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from grader.collected import MAX_TESTS, text_of
from grader.evidence import Mutant, Mutation, OrderedRun, Place
from grader.facts import BadFacts
from grader.intake.submission import Intake
from grader.plan import Plan
from grader.takehome_spec import MOST_MUTANTS
from sandbox.contract import Change, ProbeResult, Sandbox

MOST_PLANNED = 2 * MOST_MUTANTS
"""Controls included."""
MOST_TEXT = 20_000
ORDERS: tuple[Literal["reversed", "shuffled"], ...] = ("reversed", "shuffled")
Verdict = Literal["killed", "survived", "timeout", "not_reached"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
MOST_UNRELIABLE = 100

Line = Field(ge=1, le=10_000_000)
Column = Field(ge=0, le=10_000_000)


class PlannedChange(BaseModel):
    """A change as the reading program describes it."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    path: str
    line: int = Line
    column: int = Column
    end_line: int = Line
    end_column: int = Column
    first_line: int = Line
    last_line: int = Line
    text: str = Field(max_length=MOST_TEXT)
    control: bool
    diff: str = Field(max_length=MOST_TEXT)


@dataclass(frozen=True)
class Planned:
    """The changes to be tried, in this order."""

    changes: tuple[PlannedChange, ...] = ()
    possible: int = 0

    def to_be_tried(self) -> tuple[Change, ...]:
        """What the box is told of them."""
        return tuple(
            Change(id=number, **change.model_dump(exclude={"control", "diff"}))
            for number, change in enumerate(self.changes)
        )


_NOTHING: tuple[Verdict | None, str] = (None, "")
_CHANGES = TypeAdapter(list[PlannedChange])


def planned_of(facts: Mapping[str, Any], paths: Collection[str]) -> Planned:
    """The changes that the reading program names.

    Raises:
        BadFacts: not of the shape that was agreed, too many, or in files that the submission does not have.
    """
    listed, possible = facts.get("mutants", []), facts.get("possible_mutants", 0)
    if not isinstance(listed, list) or len(listed) > MOST_PLANNED or type(possible) is not int:
        raise BadFacts(f"`mutants` is not a list of at most {MOST_PLANNED} entries")
    try:
        changes = _CHANGES.validate_python(listed)
    except ValidationError as error:
        raise BadFacts(f"a change of the code does not fit: {error.errors()[0]['msg']}") from error
    for change in changes:
        if change.path not in paths:
            raise BadFacts(f"a change of {change.path[:200]!r}, which the submission does not have")
    return Planned(tuple(changes), possible)


def asks(plan: Plan) -> bool:
    """Whether the take-home wants any of this."""
    return plan.mutants > 0 or plan.orders


def probe(sandbox: Sandbox, plan: Plan, intake: Intake, planned: Planned) -> ProbeResult:
    """Try the changes, in a box of its own: one that has never heard a question of a hidden test.

    Raises:
        SandboxError: our side could not do it.
    """
    with sandbox.box(plan.environment, intake.files, plan.limits) as box:
        return box.probe(plan.own_tests(intake.files), planned.to_be_tried(), intake.digest)


def mutation_of(planned: Planned, result: ProbeResult) -> Mutation:
    """What the tests noticed. Every word of `result` is a claim."""
    claims = _claims(result, len(planned.changes))
    twice: Counter[PlannedChange] = Counter()
    tried: set[PlannedChange] = set()
    unreliable = {test for run in orders_of(result) for test in run.failing}
    mutants = []
    for number, change in enumerate(planned.changes):
        verdict, by = claims.get(number, _NOTHING)
        if not change.control:
            mutants.append(
                Mutant(
                    place=Place(path=change.path, line=change.line, end_line=change.end_line),
                    diff=change.diff,
                    outcome=verdict or "not_run",
                    by=by,
                )
            )
        elif verdict in {"killed", "timeout"}:
            twice[_site(change)] += 1
            tried.add(_site(change))
            unreliable |= {by} - {""}
        elif verdict is not None:
            tried.add(_site(change))
    return Mutation(
        mutants=tuple(sorted(mutants, key=lambda mutant: (mutant.place.path, mutant.place.line))),
        possible=planned.possible,
        controls=len(tried),
        controls_rejected=sum(count > 1 for count in twice.values()),
        unreliable=tuple(sorted(unreliable))[:MOST_UNRELIABLE],
        problem=text_of(result.problem) or None,
    )


def _site(change: PlannedChange) -> PlannedChange:
    """A control without its looks: both of a pair are the same."""
    return change.model_copy(update={"text": ""})


def _claims(result: ProbeResult, count: int) -> dict[int, tuple[Verdict, str]]:
    """The first word on each change; a second one is not listened to."""
    known = {text_of(row.get("id")) for row in result.tests[:MAX_TESTS]}
    found: dict[int, tuple[Verdict, str]] = {}
    for row in result.mutants[:MOST_PLANNED]:
        number, by = row.get("id"), text_of(row.get("by"))
        verdict = next((one for one in VERDICTS if one == row.get("verdict")), None)
        if type(number) is int and 0 <= number < count and verdict is not None:
            found.setdefault(number, (verdict, by if by in known else ""))
    return found


def orders_of(result: ProbeResult) -> tuple[OrderedRun, ...]:
    """The orders that were tried, with the tests that pass in their own order only."""
    passing = {text_of(row.get("id")) for row in result.tests[:MAX_TESTS] if row.get("outcome") == "passed"}
    runs = []
    for order in ORDERS:
        names = [text_of(row.get("test")) for row in _of_order(result.orders, order)]
        if names:
            runs.append(OrderedRun(order=order, failing=tuple(sorted(set(names) & passing - {""}))))
    return tuple(runs)


def _of_order(rows: Sequence[Mapping[str, Any]], order: str) -> list[Mapping[str, Any]]:
    return [row for row in rows[:MAX_TESTS] if row.get("order") == order]
