"""The candidate's own tests tried on changes of their own code: what is asked, and what the answers come to.

The reading program names the changes (`grader.reading.mutants`), the box tries them, and only here it is known which
of them are controls.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from grader.collected import MAX_TESTS, text_of
from grader.evidence import Mutant, Mutation, OrderedRun, Place
from grader.facts import BadFacts
from grader.intake.submission import Intake
from grader.plan import Plan
from grader.takehome_spec import MOST_MUTANTS
from sandbox.contract import AskedTests, Change, ProbeResult, Sandbox

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

    def to_be_tried(self, again: Collection[int] | None = None) -> tuple[Change, ...]:
        """What the box is told of them: all, or those numbered `again` and the controls, which stay unknown there."""
        return tuple(
            Change(id=number, **change.model_dump(exclude={"control", "diff"}))
            for number, change in enumerate(self.changes)
            if again is None or number in again or change.control
        )


Claim = tuple[Verdict | None, str]
Claims = dict[int, Claim]
"""By the number of a change: the verdict, and the id of the test that noticed."""
_NOTHING: Claim = (None, "")
_NOTICED = {"killed", "timeout"}
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


@dataclass(frozen=True)
class Probed:
    """What came of it."""

    mutation: Mutation
    orders: tuple[OrderedRun, ...]
    cpu_seconds: float


def probe(sandbox: Sandbox, plan: Plan, intake: Intake, planned: Planned, asked: AskedTests) -> Probed:
    """Try the changes, in a box of its own: one that has never heard a question of a hidden test.

    The first test that fails ends the run on a change, and which is first hangs on how long each takes. So tests that
    do not count are not `asked`; and what an unreliable one noticed is tried once more, without any such, in a fresh
    box.

    Raises:
        SandboxError: our side could not do it.
    """
    first = _tried(sandbox, plan, intake, planned.to_be_tried(), asked)
    cpu, second = first.cpu_seconds, None
    doubted = _unreliable(planned, first)
    again = _in_doubt(planned, first)
    others = AskedTests(*(tuple(name for name in names if name not in doubted) for names in astuple(asked)))
    if again and others.heeded:
        second = _tried(sandbox, plan, intake, planned.to_be_tried(again), others)
        cpu += second.cpu_seconds
    return Probed(mutation_of(planned, first, second), orders_of(first), cpu)


def _tried(
    sandbox: Sandbox, plan: Plan, intake: Intake, changes: tuple[Change, ...], asked: AskedTests
) -> ProbeResult:
    files = {test.partition("::")[0] for test in (*asked.heeded, *asked.given)}
    select = tuple(path for path in plan.own_tests(intake.files) if path in files)
    with sandbox.box(plan.environment, intake.files, plan.limits) as box:
        return box.probe(select, changes, intake.digest, asked)


def mutation_of(planned: Planned, first: ProbeResult, second: ProbeResult | None = None) -> Mutation:
    """What the tests noticed; `second` says it of what was in doubt after the `first` run. Every word is a claim."""
    claims = _claims(first, len(planned.changes))
    unreliable = _unreliable(planned, first)
    rejected = _rejected(planned, claims)
    if second is not None:
        later = _claims(second, len(planned.changes))
        claims |= {number: later.get(number, _NOTHING) for number in _in_doubt(planned, first)}
        unreliable |= _unreliable(planned, second)
        rejected |= _rejected(planned, later)
    mutants = [
        Mutant(
            place=Place(path=change.path, line=change.line, end_line=change.end_line),
            diff=change.diff,
            outcome=verdict or "not_run",
            by=by,
        )
        for number, change in enumerate(planned.changes)
        if not change.control
        for verdict, by in (claims.get(number, _NOTHING),)
    ]
    return Mutation(
        mutants=tuple(sorted(mutants, key=lambda mutant: (mutant.place.path, mutant.place.line))),
        possible=planned.possible,
        controls=len({_site(change) for change, _ in _controls(planned, claims)}),
        controls_rejected=len(rejected),
        unreliable=tuple(sorted(unreliable))[:MOST_UNRELIABLE],
        problem=text_of(first.problem) or None,
    )


def _controls(planned: Planned, claims: Claims) -> list[tuple[PlannedChange, Claim]]:
    """The controls that were tried, with what was said of each."""
    return [
        (planned.changes[number], claim)
        for number, claim in claims.items()
        if planned.changes[number].control
    ]


def _rejected(planned: Planned, claims: Claims) -> set[PlannedChange]:
    """The controls of which both looks were rejected: one may be chance."""
    twice = Counter(
        _site(change) for change, (verdict, _) in _controls(planned, claims) if verdict in _NOTICED
    )
    return {site for site, count in twice.items() if count > 1}


def _unreliable(planned: Planned, result: ProbeResult) -> set[str]:
    """Ids of the tests that failed on a control or in another order."""
    claims = _claims(result, len(planned.changes))
    chance = {by for _, (verdict, by) in _controls(planned, claims) if verdict in _NOTICED}
    return (chance | {test for run in orders_of(result) for test in run.failing}) - {""}


def _in_doubt(planned: Planned, result: ProbeResult) -> set[int]:
    """Numbers of the changes that an unreliable test noticed: another one may notice them as well."""
    unreliable = _unreliable(planned, result)
    claims = _claims(result, len(planned.changes))
    return {n for n, (_, by) in claims.items() if by in unreliable and not planned.changes[n].control}


def _site(change: PlannedChange) -> PlannedChange:
    """A control without its looks: both of a pair are the same."""
    return change.model_copy(update={"text": ""})


def _claims(result: ProbeResult, count: int) -> Claims:
    """The first word on each change; a second one is not listened to."""
    known = {text_of(row.get("id")) for row in result.tests[:MAX_TESTS]}
    found: Claims = {}
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
