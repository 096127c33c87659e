"""Figures of many submissions of one take-home: how scores are spread, how often each test passes."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.submissions.states import UNDER_WAY, State
from api.submissions.tables import PassRate, Submission

BINS: Final = 10
TOO_EASY: Final = 0.95
TOO_HARD: Final = 0.05
NEWEST: Final = 5_000
"""Submissions that figures are made of: what a page costs must not grow with the years."""
ENOUGH: Final = 10
"""Gradings before a test is called too easy or too hard."""


@dataclass(frozen=True)
class Spread:
    """Scores of the newest submissions of a take-home. Those without a score are counted, never taken for zero."""

    bins: tuple[int, ...]
    """Scores from 0 to 100 %, in steps of 10; 100 % belongs to the last."""
    mean: float | None
    median: float | None
    states: dict[str, int]

    @property
    def scored(self) -> int:
        """How many scores there are."""
        return sum(self.bins)

    @property
    def looked_at(self) -> int:
        """How many submissions the figures are of."""
        return sum(self.states.values())

    @property
    def under_way(self) -> int:
        """How many are not done."""
        return sum(self.states.get(state, 0) for state in UNDER_WAY)

    @property
    def ungradable(self) -> int:
        """How many cannot be judged."""
        return self.states.get(State.UNGRADABLE, 0)

    @property
    def failed(self) -> int:
        """How many we could not grade."""
        return self.states.get(State.FAILED, 0)


@dataclass(frozen=True)
class Rate:
    """How often one hidden test passed."""

    test: str
    passed: int
    graded: int

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return self.passed / self.graded if self.graded else 0.0

    @property
    def verdict(self) -> str:
        """`too easy`, `too hard`, or nothing."""
        if self.graded < ENOUGH:
            return ""
        if self.share >= TOO_EASY:
            return "too easy"
        return "too hard" if self.share <= TOO_HARD else ""


def spread(session: Session, takehome_id: uuid.UUID, newest: int = NEWEST) -> Spread:
    """How the scores of the `newest` submissions to a take-home are spread."""
    query = select(Submission.share, Submission.state).where(Submission.takehome_id == takehome_id)
    of_it = query.order_by(Submission.id.desc()).limit(newest).subquery().c
    step = func.least(func.floor(of_it.share * BINS), BINS - 1)
    counted = session.execute(select(step, func.count()).where(of_it.share.is_not(None)).group_by(step))
    bins = [0] * BINS
    for index, count in counted:
        bins[max(int(index), 0)] += count
    mean, median = session.execute(
        select(func.avg(of_it.share), func.percentile_cont(0.5).within_group(of_it.share.asc())).where(
            of_it.share.is_not(None)
        )
    ).one()
    counted = session.execute(select(of_it.state, func.count()).group_by(of_it.state))
    states = {row[0]: row[1] for row in counted}
    return Spread(tuple(bins), mean, median, states)


def pass_rates(session: Session, suite_id: uuid.UUID) -> list[Rate]:
    """Of each test of a suite version, the hardest first."""
    rows = session.execute(
        select(PassRate.test, PassRate.passed, PassRate.graded).where(PassRate.suite_id == suite_id)
    )
    rates = [Rate(test, passed, count) for test, passed, count in rows]
    return sorted(rates, key=lambda rate: (rate.share, rate.test))
