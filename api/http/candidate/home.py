"""The page behind the link: before it starts, while it runs, afterwards. And the starter to download."""

from __future__ import annotations

import io
import secrets
import zipfile
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from api.http.access import Invited, ServiceDep, SessionDep, ShelfDep
from api.http.candidate.brief import brief_html, expected, inline_html, judged
from api.http.candidate.words import STATES, span
from api.http.pages import page
from api.invitations.inviting import by_token, opened
from api.invitations.tables import Invitation
from api.invitations.windows import GRACE, Phase, deadline_if_started, window
from api.problems import Conflict, NotFound
from api.service import Service
from api.submissions.personal import submissions_of
from api.submissions.states import State
from api.submissions.tables import Submission
from api.takehomes.shelf import Shelf
from api.takehomes.tables import RubricVersion, SuiteVersion

router = APIRouter()

CHUNK_BYTES: Final = 2**20
"""What browsers send at a time: where the line breaks, no more than this is sent again."""


@router.get("")
def home_page(
    request: Request,
    service: ServiceDep,
    session: SessionDep,
    shelf: ShelfDep,
    token: str,
    invitation: Invited,
) -> Response:
    """What the candidate needs now. Opening it starts nothing: mail programs open links by themselves."""
    return home(request, service, session, shelf, token, invitation)


def home(
    request: Request,
    service: Service,
    session: Session,
    shelf: Shelf,
    token: str,
    invitation: Invitation,
    *,
    problem: str = "",
    status: int = 200,
) -> Response:
    """The page of an invitation; `problem` is what was wrong with an upload."""
    now = service.now()
    at = window(invitation, now)
    submissions = submissions_of(session, invitation)
    context: dict[str, Any] = {
        "token": token,
        "invitation": invitation,
        "takehome": invitation.takehome,
        "at": at,
        "left": span(at.left) if at.left is not None else "",
        "left_seconds": int(at.left.total_seconds()) if at.left is not None else 0,
        "grace": span(GRACE),
        "submissions": submissions,
        "states": {one.id: STATES[State(one.state)] for one in submissions},
        "problem": problem,
    }
    if invitation.candidate.anonymised_at is not None:
        return page(request, "candidate/erased.html.j2", context, status=410)
    if at.phase is Phase.READY:
        context["ends"] = deadline_if_started(invitation, now)
        context["window"] = _window_words(invitation)
        return page(request, "candidate/start.html.j2", context)
    if at.phase is not Phase.OPEN:
        gone = 410 if at.phase is Phase.REVOKED else 200
        return page(request, "candidate/closed.html.j2", {**context, "phase": at.phase.value}, status=gone)
    context.update(_open(service, session, shelf, invitation, submissions))
    return page(request, "candidate/open.html.j2", context, status=status)


def _open(
    service: Service,
    session: Session,
    shelf: Shelf,
    invitation: Invitation,
    submissions: Sequence[Submission],
) -> dict[str, Any]:
    """What the page shows while the window is open."""
    suite, rubric = _in_force(session, invitation)
    takehome = shelf.takehome(suite)
    used = max((one.attempt for one in submissions), default=0)
    bounds = service.settings.bounds
    return {
        "brief": brief_html(suite.brief, invitation.takehome.title),
        "inline": inline_html,
        "judged": judged(rubric.text, invitation.level),
        "expected": expected(rubric.text, invitation.level),
        "required": takehome.spec.files.required,
        "has_starter": bool(takehome.starter),
        "used": used,
        "attempts_left": max(invitation.max_attempts - used, 0),
        "upload_bytes": bounds.upload_bytes,
        "chunk_bytes": min(bounds.chunk_bytes, CHUNK_BYTES),
        "form_key": secrets.token_urlsafe(16),
    }


def _window_words(invitation: Invitation) -> str:
    if invitation.window_minutes is None:
        return ""
    return span(timedelta(minutes=invitation.window_minutes + invitation.extra_minutes))


def _in_force(session: Session, invitation: Invitation) -> tuple[SuiteVersion, RubricVersion]:
    takehome = invitation.takehome
    if takehome.suite_id is None or takehome.rubric_id is None:
        raise Conflict(f"{takehome.title} is not ready. Ask the person who invited you.")
    return session.get_one(SuiteVersion, takehome.suite_id), session.get_one(
        RubricVersion, takehome.rubric_id
    )


@router.post("/start")
def start(service: ServiceDep, session: SessionDep, token: str, invitation: Invited) -> Response:
    """Start the window. Doing it again changes nothing."""
    del invitation
    locked = by_token(session, token, lock=True)
    if window(locked, service.now()).phase is Phase.READY:
        opened(session, locked, service.now())
    return RedirectResponse(f"/i/{token}", 303)


@router.get("/starter")
def starter(service: ServiceDep, session: SessionDep, shelf: ShelfDep, invitation: Invited) -> Response:
    """What the candidate starts from, as a zip archive: the folder `starter` and nothing else of the take-home."""
    if invitation.opened_at is None or window(invitation, service.now()).phase is Phase.REVOKED:
        raise NotFound("There is no starter to download before the take-home was started.")
    suite, _ = _in_force(session, invitation)
    files = shelf.takehome(suite).starter
    if not files:
        raise NotFound("This take-home has no starter.")
    made, folder = io.BytesIO(), invitation.takehome.name
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(files):
            archive.writestr(f"{folder}/{path}", files[path])
    return download(made.getvalue(), f"{folder}-starter.zip", "application/zip")


def download(data: bytes, name: str, kind: str) -> Response:
    """Bytes as an attachment that no browser runs. `name` is one of ours."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Security-Policy": "sandbox"}
    return Response(data, media_type=kind, headers=headers)
