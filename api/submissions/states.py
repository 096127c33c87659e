"""The states of a submission and the moves between them. What people read is made elsewhere."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a submission is on its way. Who moves it on is named beside each."""

    QUEUED = "queued"  # a worker: durable, waits for its turn
    GRADING = "grading"  # a worker: claimed; back to QUEUED when the worker dies
    WAITING = "waiting"  # the queue: we failed, another try is scheduled
    GRADED = "graded"  # a re-grade, or nobody: a report is there
    UNGRADABLE = "ungradable"  # a re-grade, or nobody: cannot be judged, the report says why
    FAILED = "failed"  # an administrator: we failed in every try
    CANCELLED = "cancelled"  # a re-grade, or nobody
    DELETED = "deleted"  # nobody: the candidate or the retention policy took the data


MOVES: dict[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.GRADING, State.CANCELLED, State.DELETED}),
    State.GRADING: frozenset(
        {
            State.QUEUED,
            State.GRADING,  # claimed again after its worker was killed
            State.WAITING,
            State.GRADED,
            State.UNGRADABLE,
            State.FAILED,
            State.CANCELLED,
            State.DELETED,
        }
    ),
    State.WAITING: frozenset({State.GRADING, State.QUEUED, State.CANCELLED, State.DELETED}),
    # from one to the other when a change is applied: another suite may be able to judge it, or not
    State.GRADED: frozenset({State.QUEUED, State.UNGRADABLE, State.DELETED}),
    State.UNGRADABLE: frozenset({State.QUEUED, State.GRADED, State.DELETED}),
    State.FAILED: frozenset({State.QUEUED, State.DELETED}),
    State.CANCELLED: frozenset({State.QUEUED, State.DELETED}),
    State.DELETED: frozenset(),
}

UNDER_WAY = frozenset({State.QUEUED, State.GRADING, State.WAITING})


class WrongMove(Exception):
    """A submission cannot go from its state to the one that was asked for."""

    def __init__(self, old: State, new: State) -> None:
        super().__init__(f"a submission that is {old} cannot become {new}")
        self.old, self.new = old, new


def checked(old: str, new: State) -> State:
    """Return `new` if a submission may go there from `old`.

    Raises:
        WrongMove: it may not.
    """
    if new not in MOVES[State(old)]:
        raise WrongMove(State(old), new)
    return new
