"""What all pages of one submission show around their content: who, what, when, its state, its neighbours, its tabs."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Request
from sqlalchemy.orm import Session

from api.accounts.people import actor_of
from api.accounts.tables import Role, User
from api.audit.log import Actor
from api.http.errors import request_id_of
from api.http.reviewer.blind import called, is_blind
from api.http.reviewer.wording import FOLLOWING, STATES, progress_words
from api.problems import Gone, NotFound
from api.queue import grading_workers
from api.reviews.tables import Verdict
from api.submissions.finding import attempts, neighbours, submission_by_id
from api.submissions.reporting import report_in_force
from api.submissions.states import UNDER_WAY, State
from api.submissions.tables import Submission
from api.submissions.watching import standing
from grader.report import Report

PART: Final = 1_000
"""Lines of a file that one page shows."""

VERDICTS: Final = {
    Verdict.ADVANCE: ("Advance", "good"),
    Verdict.HOLD: ("Hold", "fair"),
    Verdict.DECLINE: ("Decline", "low"),
}


class Places:
    """Where a line of the source is shown: on the code page."""

    def __init__(self, submission: Submission, paths: set[str]) -> None:
        self._base = f"/submissions/{submission.id}/code"
        self._paths = paths

    def href(self, path: str | None, line: int | None = None) -> str | None:
        """The address of a line, or of a file; None if the submission has no such file."""
        if path is None or path not in self._paths:
            return None
        return code_address(self._base, path, line)


def code_address(base: str, path: str, line: int | None = None) -> str:
    """The address of a file on the code page, at a line."""
    given: dict[str, str | int] = {"file": path}
    if line is not None and line > PART:
        given["near"] = line
    return f"{base}?{urlencode(given)}" + (f"#L{line}" if line is not None else "")


def frame(request: Request, session: Session, submission_id: UUID) -> dict[str, Any]:
    """The context that `reviewer/submission/layout.html.j2` needs.

    Raises:
        NotFound: there is no such submission.
    """
    submission = submission_by_id(session, submission_id)
    blind = is_blind(request)
    state = State(submission.state)
    verdict = VERDICTS.get(Verdict(submission.decision)) if submission.decision else None
    return {
        "submission": submission,
        "blind": blind,
        "who": called(submission, blind=blind),
        "state": state,
        "state_title": STATES[state].text.capitalize(),
        "state_next": FOLLOWING.get(state, ""),
        "under_way": state in UNDER_WAY,
        "nobody_grades": state in UNDER_WAY and grading_workers(session) == 0,
        "progress": progress_words(standing(session, submission_id)) if state in UNDER_WAY else "",
        "verdict": verdict,
        "neighbours": neighbours(session, submission),
        "attempts": attempts(session, submission),
        "base": f"/submissions/{submission.id}",
        "candidate": False,  # the shared macros ask whether a candidate reads
        "report": _report(session, submission),
    }


def _report(session: Session, submission: Submission) -> Report | None:
    """The report in force, if there is one; what was deleted has none any more."""
    try:
        return report_in_force(session, submission)
    except (NotFound, Gone):
        return None


def may_withdraw(user: User, by_id: UUID) -> bool:
    """Whether `user` may take back what the user `by_id` wrote."""
    return user.id == by_id or Role(user.role).covers(Role.ADMIN)


def actor(request: Request, user: User) -> Actor:
    """The user as the audit log names them, with the request's id."""
    return actor_of(user, request_id_of(request))
