"""One submission as its candidate sees it: the receipt, the grading as it goes on, and then the feedback."""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from sqlalchemy.orm import Session

from api.blobs import BlobMissing, BlobsUnavailable
from api.http.access import Invited, InvitedBriefly, ServiceDep, SessionDep, ShelfDep
from api.http.candidate.brief import inline_html
from api.http.candidate.words import STATES, progress
from api.http.live import watch_submission
from api.http.pages import page
from api.problems import Busy, NotFound
from api.service import Service
from api.submissions.feedback import released
from api.submissions.looking import read_upload
from api.submissions.states import State
from api.submissions.tables import Submission
from api.submissions.watching import Standing, standing
from api.takehomes.shelf import Shelf
from api.takehomes.tables import SuiteVersion
from grader.formats.html.page import policy, render
from grader.intake.errors import IntakeError

router = APIRouter()


def own(session: Session, invitation_id: uuid.UUID, submission_id: uuid.UUID) -> Submission:
    """A submission of this very invitation.

    Raises:
        NotFound: there is none. Another invitation's looks the same.
    """
    submission = session.get(Submission, submission_id)
    if submission is None or submission.invitation_id != invitation_id:
        raise NotFound("There is no such submission.")
    return submission


@router.get("/submissions/{submission_id}")
def receipt_page(
    request: Request, session: SessionDep, token: str, invitation: Invited, submission_id: uuid.UUID
) -> Response:
    """The receipt, with the feedback once there is some."""
    submission = own(session, invitation.id, submission_id)
    at = standing(session, submission.id)
    context = {
        "token": token,
        "invitation": invitation,
        "submission": submission,
        "state": STATES[at.state],
        "progress": progress(at),
        "final": at.final,
        "inline": inline_html,
        "deleted": at.state is State.DELETED,
        "feedback": released(session, submission, invitation),
        "tone": {
            State.GRADED: "good",
            State.UNGRADABLE: "fair",
            State.FAILED: "ours",
            State.WAITING: "ours",
        }.get(at.state, ""),
    }
    return page(request, "candidate/receipt.html.j2", context)


def _watched(
    request: Request, service: ServiceDep, invitation_id: InvitedBriefly, submission_id: uuid.UUID
) -> AsyncGenerator[Standing, None]:
    """What the stream of events reads. A dependency, so that errors are answers: a stream has begun with 200."""
    with service.sessions.begin() as session:
        own(session, invitation_id, submission_id)
    return watch_submission(request, submission_id)


@router.get("/submissions/{submission_id}/events", response_class=EventSourceResponse)
async def receipt_events(
    watched: Annotated[AsyncGenerator[Standing, None], Depends(_watched)],
) -> AsyncIterator[ServerSentEvent]:
    """Where the grading stands, at each change; the last event is named `done`."""
    async with aclosing(watched) as moments:
        async for at in moments:
            yield ServerSentEvent(data=_told(at), event="done" if at.final else "progress", retry=5000)


def _told(at: Standing) -> Mapping[str, Any]:
    return {"state": at.state.value, "title": STATES[at.state], "text": progress(at)}


@router.get("/submissions/{submission_id}/feedback")
def feedback_page(
    service: ServiceDep,
    session: SessionDep,
    shelf: ShelfDep,
    token: str,
    invitation: Invited,
    submission_id: uuid.UUID,
) -> Response:
    """The candidate's full report with their code: a page of its own that loads nothing and runs nothing."""
    submission = own(session, invitation.id, submission_id)
    told = released(session, submission, invitation)
    if told is None or told.report is None:
        return RedirectResponse(f"/i/{token}/submissions/{submission_id}", 303)
    html = render(told.report, _files(service, session, shelf, submission))
    headers = {"Content-Security-Policy": f"{policy()}; frame-ancestors 'none'; sandbox allow-popups"}
    return Response(html, media_type="text/html; charset=utf-8", headers=headers)


def _files(service: Service, session: Session, shelf: Shelf, submission: Submission) -> Mapping[str, bytes]:
    """The submitted files; none where their bytes are not stored any more."""
    try:
        data = service.blobs.get(submission.blob)
        takehome = shelf.takehome(session.get_one(SuiteVersion, submission.suite_id))
        return read_upload(data, submission.file_name, takehome).files
    except (BlobMissing, IntakeError):
        return {}
    except BlobsUnavailable as error:
        raise Busy("We cannot read your files at the moment. Try again.", retry_after=30) from error
