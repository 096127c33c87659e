"""What states are called on the pages of reviewers. The three outcomes are told apart in words and in colour."""

from __future__ import annotations

from dataclasses import dataclass

from api.invitations.windows import Phase
from api.submissions.states import State
from api.submissions.tables import Submission
from api.takehomes.tables import Check, Feedback


@dataclass(frozen=True)
class Words:
    """A state for people."""

    text: str
    tone: str
    """good, fair, low, human, ours or nothing: a class of app.css"""
    hint: str = ""


def state_words(submission: Submission) -> Words:
    """Where a submission stands."""
    match State(submission.state):
        case State.QUEUED:
            return Words("waiting", "", "for a worker")
        case State.GRADING:
            return Words("being graded", "", str(submission.progress.get("step", "")))
        case State.WAITING:
            return Words("our failure, tried again", "ours", "not the candidate's doing; no score")
        case State.FAILED:
            return Words("our failure", "ours", "we could not grade it; no score")
        case State.UNGRADABLE:
            return Words("cannot be judged", "fair", "the report says why")
        case State.CANCELLED:
            return Words("cancelled", "")
        case State.DELETED:
            return Words("data deleted", "")
        case State.GRADED:
            return Words("needs a person", "human") if submission.pending else Words("graded", "good")


DECISIONS = {
    "advance": Words("advance", "good"),
    "hold": Words("hold", "fair"),
    "decline": Words("decline", "low"),
}

CHECKS = {
    Check.WAITING: Words("check waits", ""),
    Check.RUNNING: Words("being checked", ""),
    Check.PASSED: Words("check passed", "good"),
    Check.FAILED: Words("check failed", "low"),
    Check.WAIVED: Words("not checked, by decision", "fair"),
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
