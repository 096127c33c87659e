"""What a rubric that is not saved yet would do to the last submissions, worked out at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from api.reviews.moves import Before, Flag, flags
from api.submissions.evidence import loaded
from api.submissions.reporting import judgements_of_many
from api.submissions.states import State
from api.submissions.tables import Grading, Report, Submission
from api.takehomes.tables import Takehome
from grader.report import Report as Scored
from grader.rubric import Rubric, UnknownLevel
from grader.scoring import Scorer

LAST: Final = 200
"""So many submissions are tried, the newest."""


@dataclass(frozen=True)
class Move:
    """What would become of one submission."""

    submission: Submission
    """With its candidate."""
    before: Before
    report: Scored | None
    """None: it cannot be scored, `problem` says why."""
    flags: tuple[str, ...] = ()
    problem: str = ""

    @property
    def move(self) -> float:
        """Share after less share before, in points of a hundred; 0 where one is missing."""
        if self.report is None or self.report.score is None or self.before.share is None:
            return 0.0
        return round((self.report.score.share - self.before.share) * 100, 2)

    @property
    def band(self) -> str:
        """The band that it would reach."""
        return self.report.band.title if self.report is not None and self.report.band else ""


@dataclass(frozen=True)
class WhatIf:
    """All moves, the largest first."""

    moves: tuple[Move, ...]

    @property
    def up(self) -> int:
        """How many would gain."""
        return sum(move.move > 0 for move in self.moves)

    @property
    def down(self) -> int:
        """How many would lose."""
        return sum(move.move < 0 for move in self.moves)

    @property
    def band(self) -> int:
        """How many would be in another band."""
        return sum(Flag.BAND in move.flags for move in self.moves)

    @property
    def failed(self) -> int:
        """How many could not be scored."""
        return sum(move.report is None for move in self.moves)


def what_if(session: Session, takehome: Takehome, rubric: Rubric) -> WhatIf:
    """Score the last submissions of a take-home with `rubric`. Nothing is written."""
    rows = session.execute(
        select(Submission, Grading.evidence, Report)
        .join(Report, Report.id == Submission.report_id)
        .join(Grading, Grading.id == Report.grading_id)
        .options(joinedload(Submission.candidate))
        .where(Submission.takehome_id == takehome.id, Submission.state != State.DELETED)
        .order_by(Submission.id.desc())
        .limit(LAST)
    ).all()
    judgements = judgements_of_many(session, [submission.id for submission, *_ in rows])
    scorers: dict[str | None, Scorer | str] = {}
    moves = []
    for submission, evidence, row in rows:
        before = Before(row.share, row.points, row.band, row.outcome)
        scorer = scorers.get(submission.level) or _scorer(rubric, submission.level)
        scorers[submission.level] = scorer
        if isinstance(scorer, str):
            moves.append(Move(submission, before, None, problem=scorer))
            continue
        decided = judgements[submission.id]
        report = scorer.score(loaded(evidence), decided)
        moves.append(Move(submission, before, report, tuple(flags(before, report, decided))))
    return WhatIf(tuple(sorted(moves, key=lambda move: (move.report is not None, -abs(move.move)))))


def _scorer(rubric: Rubric, level: str | None) -> Scorer | str:
    """Give a scorer, or why there is none."""
    try:
        return Scorer(rubric, level)
    except UnknownLevel as error:
        return str(error)
