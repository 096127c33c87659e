"""What states are called on the pages of reviewers: the three outcomes are told apart in words and in colour."""

from __future__ import annotations

from dataclasses import dataclass

from api.invitations.windows import Phase
from api.submissions.states import State
from api.submissions.tables import Submission
from api.submissions.watching import Standing
from api.takehomes.tables import Check, Feedback


@dataclass(frozen=True)
class Words:
    """A state for people."""

    text: str
    tone: str
    """good, fair, low, human, ours or nothing: a class of app.css"""
    hint: str = ""


STATES = {
    State.QUEUED: Words("waiting", "", "for a worker"),
    State.GRADING: Words("being graded", ""),
    State.WAITING: Words("our failure, tried again", "ours", "not the candidate's doing; no score"),
    State.GRADED: Words("graded", "good"),
    State.UNGRADABLE: Words("cannot be graded", "fair", "the report says why"),
    State.FAILED: Words("our failure", "ours", "we could not grade it; no score"),
    State.CANCELLED: Words("cancelled", ""),
    State.DELETED: Words("data deleted", "", "points and decisions are kept"),
}
NEEDS_PERSON = Words("needs a person", "human")
FOLLOWING = {
    State.QUEUED: "A worker takes it as soon as one is free.",
    State.GRADING: "This takes seconds to a few minutes.",
    State.WAITING: (
        "We could not grade it. That says nothing about the candidate and is no zero. "
        "It is tried again by itself, with longer pauses in between."
    ),
    State.FAILED: (
        "We failed in every try. That says nothing about the candidate and is no zero. "
        "An administrator has to look at the workers, and then have it graded again."
    ),
    State.CANCELLED: "Somebody stopped the grading. It can be queued again.",
    State.DELETED: (
        "The candidate or the retention policy took the data, and the report with it. "
        "Points, band and decisions are kept, without the person."
    ),
}
"""What happens next, or has to."""


def state_words(submission: Submission) -> Words:
    """Where a submission stands."""
    state = State(submission.state)
    if state is State.GRADING:
        return Words(STATES[state].text, "", str(submission.progress.get("step", "")))
    return NEEDS_PERSON if state is State.GRADED and submission.pending else STATES[state]


def progress_words(at: Standing) -> str:
    """What happens to a submission now, in a sentence."""
    if at.state is State.QUEUED and at.ahead is not None:
        if not at.ahead:
            return "It is next in line."
        return f"{at.ahead} other{'s are' if at.ahead > 1 else ' is'} graded before it."
    if at.state is State.GRADING and at.step:
        return f"Last step: {at.step}."
    return FOLLOWING.get(at.state, "The grading is done.")


DECISIONS = {
    "advance": Words("advance", "good"),
    "hold": Words("hold", "fair"),
    "decline": Words("decline", "low"),
}

CHECKS = {
    Check.WAITING: Words("waits for its check", ""),
    Check.RUNNING: Words("check running", "human"),
    Check.PASSED: Words("check passed", "good"),
    Check.FAILED: Words("check failed", "low"),
    Check.WAIVED: Words("check waived", "fair"),
}
FEEDBACK = {
    Feedback.NONE: "nothing",
    Feedback.SUMMARY: "a summary",
    Feedback.CRITERIA: "points of each criterion",
    Feedback.FULL: "the full report, without hidden text",
}
PHASES = {
    Phase.EARLY: Words("not begun", ""),
    Phase.READY: Words("not opened", "fair"),
    Phase.OPEN: Words("open", "good"),
    Phase.OVER: Words("over", ""),
    Phase.REVOKED: Words("revoked", "low"),
}
