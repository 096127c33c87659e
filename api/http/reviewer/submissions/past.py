"""The past of a submission (gradings, judgements, decisions, log), what its candidate may read, what to ask them."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.http.access import Reviewer, SessionDep
from api.http.pages import page
from api.http.reviewer.submissions.frame import VERDICTS, Places, frame
from api.problems import Invalid
from api.reviews.commenting import comments_of
from api.reviews.deciding import decisions_of
from api.reviews.judging import judgement_rows, target_in
from api.submissions.finding import ENTRIES, entries_of, past_reports
from api.takehomes.tables import Feedback
from grader.formats.html.shared import context_of
from grader.report import Report, candidate_view

router = APIRouter()


@router.get("/submissions/{submission_id}/history")
def history_page(request: Request, session: SessionDep, user: Reviewer, submission_id: UUID) -> Response:
    """Every report, judgement and decision there ever was, and the audit log of the submission."""
    del user
    context = frame(request, session, submission_id)
    judgements = judgement_rows(session, submission_id)
    report: Report | None = context["report"]
    context |= {
        "reports": past_reports(session, submission_id),
        "judgements": list(reversed(judgements)),
        "titles": {row.target: _title(report, row.target) for row in judgements},
        "decisions": decisions_of(session, submission_id),
        "verdicts": VERDICTS,
        "entries": entries_of(session, submission_id),
        "most_entries": ENTRIES,
        "tab": "history",
    }
    return page(request, "reviewer/submission/history.html.j2", context)


@router.get("/submissions/{submission_id}/candidate")
def candidate_page(request: Request, session: SessionDep, user: Reviewer, submission_id: UUID) -> Response:
    """What the candidate may read of the report, by what was agreed in the invitation."""
    del user
    context = frame(request, session, submission_id)
    submission, report = context["submission"], context["report"]
    agreed = submission.invitation.feedback if submission.invitation else submission.takehome.feedback
    files = {file.path for file in report.evidence.submission.files} if report is not None else set()
    context |= {
        "feedback": Feedback(agreed),
        "Feedback": Feedback,
        "view": candidate_view(report) if report is not None else None,
        "released": [one for one in comments_of(session, submission_id) if one.released],
        "tests": {},
        "commits": {},
        "workloads": {},
        "book": Places(submission, files),
        "candidate": True,
        "tab": "candidate",
    }
    return page(request, "reviewer/submission/candidate.html.j2", context)


@router.get("/submissions/{submission_id}/questions")
def questions_page(request: Request, session: SessionDep, user: Reviewer, submission_id: UUID) -> Response:
    """What to ask the candidate in the interview, to be read on a screen or printed."""
    del user
    context = frame(request, session, submission_id)
    submission, report = context["submission"], context["report"]
    if report is not None:
        paths = {file.path for file in report.evidence.submission.files}
        context |= {**context_of(report), "book": Places(submission, paths), "home": context["base"]}
    return page(request, "reviewer/submission/questions.html.j2", context | {"tab": "questions"})


def _title(report: Report | None, target: str) -> str:
    """How people call an item or gate; its id where the report in force has none of that name."""
    if report is None:
        return target
    try:
        return target_in(report, target).title
    except Invalid:
        return target
