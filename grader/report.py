"""The report: the published result of scoring one `Evidence` document with one rubric.

Everything a reader shows (terminal, HTML, JUnit, SARIF) is made from a `Report` and from nothing else. A report
holds hidden text (test ids, messages, output) and is for reviewers; `candidate_view` makes the one for candidates.

Points are rounded to two decimals (half to even) and shares (0..1) to four, for display only: sums, gates and
bands are computed before rounding. `Score.exact` has the unrounded total as a fraction.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from grader.evidence import Evidence, Outcome, TestOutcome

SCHEMA_VERSION = "1"

ItemKind = Literal["yes_no", "scaled", "deduction", "human"]
ItemStatus = Literal["judged", "needs_human", "not_judged"]
LinkKind = Literal[
    "test", "finding", "function", "file", "coverage", "variant", "commit", "workload", "mutant"
]


class Part(BaseModel):
    """Base of every report model: immutable, closed, compared by value."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class EvidenceLink(Part):
    """One fact that an item rests on, and where to look it up."""

    kind: LinkKind
    ref: str
    """test: its id · finding: its rule · function: its qualified name · file, coverage: its path · variant: its name
    commit: the first 12 digits of its id · workload: its name · mutant: its path and line"""
    path: str | None = None
    """Relative to the submission."""
    line: int | None = None
    text: str = ""
    """One line of plain text. It may hold bytes of the candidate's: escape it."""
    reviewer_only: bool = False


class Explanation(Part):
    """What an item looks at, for someone who wants to do better. Written by the author of the rubric."""

    what: str = ""
    why: str = ""
    good: str = ""
    bad: str = ""


class Choice(Part):
    """One described level of a human item, with the points that it gives."""

    id: str
    text: str
    points: float


class Override(Part):
    """A person's judgement in force. It wins over whatever was measured."""

    by: str
    reason: str
    choice: str | None = None
    measured_points: float | None = None
    """What the item had without the override; None for a human item."""


class Item(Part):
    """One thing that was looked at. `points` lies in 0..`max`, but for a penalty (`max` 0) below 0.

    `judged`: counts. `needs_human`: neither `points` nor `max` counts until a person has answered.
    `not_judged`: the evidence is missing; gives 0 points, `max` counts, and `why` says what is missing.
    """

    id: str
    title: str
    kind: ItemKind
    status: ItemStatus
    points: float
    max: float
    why: str
    measure: str | None = None
    question: str | None = None
    choices: tuple[Choice, ...] = ()
    evidence: tuple[EvidenceLink, ...] = ()
    evidence_left_out: int = 0
    """How many links were cut from `evidence`, which is bounded."""
    explanation: Explanation = Explanation()
    override: Override | None = None


class Criterion(Part):
    """A group of items that the brief announced."""

    id: str
    title: str
    why: str
    """The sentence of the brief that announces it."""
    points: float
    max: float
    """Without the items that need a person."""
    pending: float = 0.0
    """Points that a person may still give."""
    word: str | None = None
    """The described level that `points`/`max` amounts to."""
    weight_why: str = ""
    """Why the criterion is worth that much. Written by the author of the rubric."""
    items: tuple[Item, ...]


class Score(Part):
    points: float
    max: float
    """Without the items that need a person."""
    share: float
    """points/max, 0..1."""
    pending: float = 0.0
    """Points that wait for a person: neither in `points` nor in `max`."""
    exact: str
    """points/max before rounding, like "37/40"."""


class Gate(Part):
    """A condition that bounds the total. Listed whether or not it applied."""

    id: str
    title: str
    applied: bool
    total_at_most: float
    """Share of the total, 0..1."""
    why: str
    evidence: tuple[EvidenceLink, ...] = ()
    waived: Override | None = None


class Band(Part):
    id: str
    title: str
    recommendation: str
    provisional: bool = False
    """Items still need a person, so the band may change."""


class Question(Part):
    """Something to ask in the follow-up interview, drawn from the submission. For reviewers only."""

    id: str
    """The kind of question, such as broad-handler: there is at most one of each."""
    question: str
    """To be read out. It quotes no hidden test."""
    why: str
    """What in the evidence prompts it. It may quote hidden tests and known-bad solutions."""
    evidence: tuple[EvidenceLink, ...] = ()
    strong: tuple[str, ...]
    """What a strong answer contains."""
    weak: str
    """What a weak answer would be."""
    criterion: str | None = None
    """Id of the criterion that it probes."""


class RubricId(Part):
    name: str
    title: str
    version: str
    digest: str
    """sha256 of what the rubric says (comments and layout do not count)."""
    level: str | None = None
    """Seniority level that was applied; None is the base rubric."""
    expects: str = ""
    """The sentence of the brief that says what is expected at this level."""


class Report(Part):
    """One graded (or not gradable, or not graded) submission. For reviewers."""

    schema_version: Literal["1"] = "1"
    outcome: Outcome
    reason: str = ""
    score: Score | None = None
    """None exactly when `outcome` is not graded: that is no zero."""
    band: Band | None = None
    recommendation: str | None = None
    gates: tuple[Gate, ...] = ()
    criteria: tuple[Criterion, ...] = ()
    attention: tuple[str, ...] = ()
    """What a reviewer must know before deciding: items that need a person, flaky tests, missing evidence …"""
    questions: tuple[Question, ...] = ()
    """The question kit for the interview, the most telling first."""
    rubric: RubricId
    evidence: Evidence


class HiddenTestCounts(Part):
    """What a candidate may know about the hidden suite."""

    total: int
    passed: int
    flaky: int


class CandidateItem(Part):
    id: str
    title: str
    status: ItemStatus
    points: float
    max: float
    why: str
    evidence: tuple[EvidenceLink, ...] = ()
    explanation: Explanation = Explanation()


class CandidateCriterion(Part):
    id: str
    title: str
    why: str
    points: float
    max: float
    pending: float = 0.0
    word: str | None = None
    weight_why: str = ""
    items: tuple[CandidateItem, ...]


class CandidateGate(Part):
    """A gate that applied: why the total is below the sum of the criteria."""

    title: str
    total_at_most: float


class CandidateReport(Part):
    """A report without hidden text: no hidden test, no known-bad solution, no reviewer's words, no band."""

    schema_version: Literal["1"] = "1"
    audience: Literal["candidate"] = "candidate"
    outcome: Outcome
    reason: str = ""
    takehome: str
    score: Score | None = None
    criteria: tuple[CandidateCriterion, ...] = ()
    gates: tuple[CandidateGate, ...] = ()
    hidden_tests: HiddenTestCounts | None = None


INFRASTRUCTURE_REASON = (
    "We could not grade this submission. That is our fault, not yours; it will be tried again."
)
SUITE_REASON = "The submission could not be judged: our tests could not run against it."


def candidate_view(report: Report) -> CandidateReport:
    """Make the report that a candidate may see. It holds nothing of the suite but counts."""
    evidence = report.evidence
    return CandidateReport(
        outcome=report.outcome,
        reason=_public_reason(report),
        takehome=evidence.takehome.title,
        score=report.score,
        criteria=tuple(_public_criterion(criterion) for criterion in report.criteria),
        gates=tuple(
            CandidateGate(title=gate.title, total_at_most=gate.total_at_most)
            for gate in report.gates
            if gate.applied
        ),
        hidden_tests=_counts(evidence),
    )


def _public_reason(report: Report) -> str:
    """Reasons given before the suite ran speak of the upload; later ones may quote the suite."""
    if report.outcome is Outcome.GRADED:
        return ""
    if report.outcome is Outcome.INFRASTRUCTURE_FAILED:
        return INFRASTRUCTURE_REASON
    if report.outcome is Outcome.UNGRADABLE and report.evidence.hidden_tests is not None:
        return SUITE_REASON
    return report.reason


def _counts(evidence: Evidence) -> HiddenTestCounts | None:
    if evidence.hidden_tests is None:
        return None
    tests = evidence.hidden_tests.tests
    passed = sum(test.outcome is TestOutcome.PASSED and not test.flaky for test in tests)
    return HiddenTestCounts(total=len(tests), passed=passed, flaky=sum(test.flaky for test in tests))


def _public_criterion(criterion: Criterion) -> CandidateCriterion:
    return CandidateCriterion(
        id=criterion.id,
        title=criterion.title,
        why=criterion.why,
        points=criterion.points,
        max=criterion.max,
        pending=criterion.pending,
        word=criterion.word,
        weight_why=criterion.weight_why,
        items=tuple(_public_item(item) for item in criterion.items),
    )


def _public_why(item: Item) -> str:
    """Our measures name no test; what people wrote stays with the reviewers."""
    if item.status == "needs_human":
        return "Waits for a person."
    return item.why if item.override is None else "Judged by a person."


def _public_item(item: Item) -> CandidateItem:
    return CandidateItem(
        id=item.id,
        title=item.title,
        status=item.status,
        points=item.points,
        max=item.max,
        why=_public_why(item),
        evidence=tuple(link for link in item.evidence if not link.reviewer_only),
        explanation=item.explanation,
    )
