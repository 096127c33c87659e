"""Words for candidates: spans of time, states, steps of the grading."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from api.submissions.states import State
from api.submissions.watching import Standing

STATES: Final = {
    State.QUEUED: "Waiting",
    State.GRADING: "Being graded",
    State.WAITING: "Delayed by us",
    State.GRADED: "Graded",
    State.UNGRADABLE: "Cannot be graded",
    State.FAILED: "Not graded: our failure",
    State.CANCELLED: "Cancelled",
    State.DELETED: "Data deleted",
}
_STEPS: Final = {
    "taken over": "A worker has taken it over.",
    "grading": "Your code runs: our tests, your own tests, and the checks of the code.",
    "measuring workloads": "Running time and memory are measured.",
}
_OTHER_STEP: Final = "Your code is being graded."


def span(time: timedelta) -> str:
    """A span for people, cut to two units: `1 day 4 hours`, `35 minutes`. candidate.js writes the same."""
    minutes = int(time.total_seconds() // 60)
    if minutes < 1:
        return "less than a minute"
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [_count(days, "day"), _count(hours, "hour"), _count(rest if not days else 0, "minute")]
    return " ".join(part for part in parts if part)


def progress(at: Standing) -> str:
    """What happens to a submission now, in a sentence."""
    if at.state is State.QUEUED:
        if not at.ahead:
            return "It is next in line."
        return f"{at.ahead} other{'s are' if at.ahead > 1 else ' is'} graded before it."
    if at.state is State.GRADING:
        return _STEPS.get(at.step, _OTHER_STEP)
    return {
        State.WAITING: "Something of ours failed. It will be tried again by itself; this costs you nothing.",
        State.GRADED: "The grading is done.",
        State.UNGRADABLE: "The upload could not be graded.",
        State.FAILED: "We could not grade it, and someone on our side has to look. This costs you nothing.",
        State.CANCELLED: "The grading was stopped.",
        State.DELETED: "What you sent was deleted.",
    }[at.state]


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}{'s' if number != 1 else ''}" if number else ""
