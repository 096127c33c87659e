"""Uploading: a plain form, or chunks that go on after a broken line. Both end in `uploads.finish`.

What comes in slowly is read before a transaction begins, and no further than its limit.
"""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, BackgroundTasks, Form, Header, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import BaseModel, Field
from starlette.datastructures import UploadFile
from starlette.requests import ClientDisconnect

from api.http.access import Invited, InvitedBriefly, ServiceDep, SessionDep, ShelfDep
from api.http.candidate.home import home
from api.http.pages import page
from api.invitations.inviting import by_token
from api.problems import Invalid, TooLarge
from api.service import Service
from api.submissions import uploads
from api.submissions.looking import Look
from api.submissions.tables import Submission, Upload
from api.takehomes.shelf import Shelf
from grader.intake.limits import size as words

router = APIRouter()
NO_ATTEMPT: Final = "This cost no attempt."
BROKE_OFF: Final = "The connection broke before everything had arrived."


class Announced(BaseModel):
    """What is about to be sent."""

    name: str = Field(max_length=1000)
    size: int = Field(ge=0, le=2**40)


# -- one form -------------------------------------------------------------------------------------


@router.post("/submissions")
async def send_form(
    request: Request, service: ServiceDep, shelf: ShelfDep, token: str, invitation_id: InvitedBriefly
) -> Response:
    """Take a file from the form, look at it, and submit it if nothing that is expected is missing."""
    begun = service.now()
    data, name, key = await _form(request, service.settings.bounds.upload_bytes)
    return await run_in_threadpool(
        _send_form, request, service, shelf, token, invitation_id, name, data, key, begun
    )


async def _form(request: Request, most: int) -> tuple[bytes, str, str]:
    """The file of the form, its name, and the key of the form.

    Raises:
        Invalid: there is no file, or the line broke before all of it had come.
        TooLarge: it is larger than `most` bytes.
    """
    try:
        async with request.form(max_files=1, max_fields=4) as form:
            file = form.get("file")
            if not isinstance(file, UploadFile) or not file.filename:
                raise Invalid("No file was chosen. Go back and choose one.", errors={"file": "missing"})
            if (file.size or 0) > most:
                raise TooLarge(
                    f"The upload is larger than {words(most)}. Leave out data and installed packages."
                )
            return await file.read(), file.filename, str(form.get("key", ""))[:100]
    except ClientDisconnect as broken:
        raise Invalid(BROKE_OFF) from broken


def _send_form(
    request: Request,
    service: Service,
    shelf: Shelf,
    token: str,
    invitation_id: uuid.UUID,
    name: str,
    data: bytes,
    key: str,
    begun: datetime,
) -> Response:
    """One transaction, as every request. The key of the form and the bytes together: a second click is no attempt."""
    identity = uuid.uuid5(invitation_id, f"{key}:{hashlib.sha256(data).hexdigest()}")
    bounds, blobs = service.settings.bounds, service.blobs
    with service.sessions.begin() as session:
        invitation = by_token(session, token, lock=True)
        if uploads.submission_of(session, invitation_id, identity) is None:
            upload = uploads.begin(
                session, blobs, bounds, invitation, name, len(data), begun, identity=identity
            )
            for start in range(0, len(data), bounds.chunk_bytes):
                uploads.append(
                    session, blobs, bounds, upload, start, data[start : start + bounds.chunk_bytes]
                )
        found = uploads.finish(session, service, shelf, invitation, identity, service.now())
        if isinstance(found, Look) and found.problem:
            problem = f"{found.problem} {NO_ATTEMPT}"
            return home(request, service, session, shelf, token, invitation, problem=problem, status=422)
    if isinstance(found, Submission):
        uploads.drop_received(service, identity)
    return RedirectResponse(_next(token, identity, found), 303)


# -- chunks ---------------------------------------------------------------------------------------


@router.post("/uploads")
def begin_upload(
    service: ServiceDep, session: SessionDep, token: str, invitation: Invited, announced: Announced
) -> Response:
    """Begin a resumable upload."""
    del invitation
    locked = by_token(session, token, lock=True)
    upload = uploads.begin(
        session,
        service.blobs,
        service.settings.bounds,
        locked,
        announced.name,
        announced.size,
        service.now(),
    )
    return _state(upload, 201, {"Location": f"/i/{token}/uploads/{upload.id}"})


@router.api_route("/uploads/{upload_id}", methods=["GET", "HEAD"])
def upload_state(session: SessionDep, invitation: Invited, upload_id: uuid.UUID) -> Response:
    """How much of an upload has arrived."""
    return _state(uploads.find(session, invitation.id, upload_id))


@router.patch("/uploads/{upload_id}")
async def send_chunk(
    request: Request,
    service: ServiceDep,
    invitation_id: InvitedBriefly,
    upload_id: uuid.UUID,
    upload_offset: Annotated[int, Header(ge=0)],
) -> Response:
    """Take the next chunk. Where the line breaks within it, nothing of it counts."""
    data = await _body(request, service.settings.bounds.chunk_bytes)
    return await run_in_threadpool(_append, service, invitation_id, upload_id, upload_offset, data)


async def _body(request: Request, most: int) -> bytes:
    """The body, read no further than `most` bytes.

    Raises:
        TooLarge: there is more, or more is announced.
        Invalid: the line broke before all of it had come.
    """
    too_large = TooLarge(f"A chunk is at most {words(most)}.")
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > most:
        raise too_large
    pieces, total = [], 0
    try:
        async for piece in request.stream():
            total += len(piece)
            if total > most:
                raise too_large
            pieces.append(piece)
    except ClientDisconnect as broken:
        raise Invalid(BROKE_OFF) from broken
    return b"".join(pieces)


def _append(
    service: Service, invitation_id: uuid.UUID, upload_id: uuid.UUID, offset: int, data: bytes
) -> Response:
    with service.sessions.begin() as session:
        upload = uploads.find(session, invitation_id, upload_id, lock=True)
        uploads.append(session, service.blobs, service.settings.bounds, upload, offset, data)
        return _state(upload)


@router.post("/uploads/{upload_id}/finish")
def finish_upload(
    request: Request,
    background: BackgroundTasks,
    service: ServiceDep,
    session: SessionDep,
    shelf: ShelfDep,
    token: str,
    invitation: Invited,
    upload_id: uuid.UUID,
    anyway: Annotated[str, Form()] = "",
) -> Response:
    """Submit a complete upload, or say what is missing in it. Scripts get the address to go to as JSON."""
    del invitation
    locked = by_token(session, token, lock=True)
    found = uploads.finish(session, service, shelf, locked, upload_id, service.now(), anyway=anyway == "true")
    scripted = request.headers.get("accept", "").startswith("application/json")
    if isinstance(found, Look) and found.problem:
        problem = f"{found.problem} {NO_ATTEMPT}"
        if scripted:
            return JSONResponse({"detail": problem}, 422, media_type="application/problem+json")
        return home(request, service, session, shelf, token, locked, problem=problem, status=422)
    background.add_task(uploads.drop_received, service, upload_id)
    where = _next(token, upload_id, found)
    return JSONResponse({"location": where}) if scripted else RedirectResponse(where, 303)


@router.get("/uploads/{upload_id}/check")
def check_page(
    request: Request,
    service: ServiceDep,
    session: SessionDep,
    shelf: ShelfDep,
    token: str,
    invitation: Invited,
    upload_id: uuid.UUID,
) -> Response:
    """What an upload holds and what is missing in it: submit it anyway, or choose another file."""
    made = uploads.submission_of(session, invitation.id, upload_id)
    if made is not None:
        return RedirectResponse(f"/i/{token}/submissions/{made.id}", 303)
    upload = uploads.find(session, invitation.id, upload_id)
    look = uploads.look(session, service, shelf, invitation, upload)
    context = {"token": token, "invitation": invitation, "upload": upload, "look": look}
    return page(request, "candidate/check.html.j2", context)


def _state(upload: Upload, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    body = {"id": str(upload.id), "offset": upload.received, "size": upload.size}
    return JSONResponse(body, status, {"Upload-Offset": str(upload.received), **(headers or {})})


def _next(token: str, upload_id: uuid.UUID, found: Submission | Look) -> str:
    if isinstance(found, Submission):
        return f"/i/{token}/submissions/{found.id}"
    return f"/i/{token}/uploads/{upload_id}/check"
