"""The candidate's own data: to download, and to delete."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, BinaryIO, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response, StreamingResponse

from api.audit.log import Actor
from api.blobs import BlobsUnavailable
from api.http.access import Invited, ServiceDep, SessionDep
from api.http.errors import request_id_of
from api.http.pages import page
from api.invitations.erasing import erase_candidate
from api.problems import Busy, Gone, Invalid
from api.submissions.personal import submissions_of, write_personal_data
from api.throttle import count, refuse_beyond

router = APIRouter()

DOWNLOADS: Final = 10
"""Of one candidate's data within an hour: an archive may hold many uploads."""
PIECE: Final = 2**18


@router.get("/data")
def download_data(service: ServiceDep, session: SessionDep, invitation: Invited) -> Response:
    """Everything that is stored about the candidate, as a zip archive."""
    candidate, now = invitation.candidate, service.now()
    if candidate.anonymised_at is not None:
        raise Gone("Your data was deleted. Nothing is left to download.")
    refuse_beyond(session, "data", str(candidate.id), DOWNLOADS, now)
    count(session, "data", str(candidate.id), now, timedelta(hours=1))
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed when it was sent
    try:
        write_personal_data(session, service.blobs, candidate, file)
    except BlobsUnavailable as error:
        file.close()
        raise Busy("We cannot read your uploads at the moment. Try again.", retry_after=30) from error
    headers = {
        "Content-Disposition": 'attachment; filename="your-data.zip"',
        "Content-Security-Policy": "sandbox",
        "Content-Length": str(file.tell()),
    }
    return StreamingResponse(_pieces(file), media_type="application/zip", headers=headers)


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece


@router.get("/delete")
def delete_page(request: Request, session: SessionDep, token: str, invitation: Invited) -> Response:
    """What is stored, what deleting does, and the question whether it is meant."""
    if invitation.candidate.anonymised_at is not None:
        return RedirectResponse(f"/i/{token}", 303)
    submissions = submissions_of(session, invitation)
    context = {"token": token, "invitation": invitation, "submissions": submissions}
    return page(request, "candidate/delete.html.j2", context)


@router.post("/delete")
def delete_now(
    request: Request,
    service: ServiceDep,
    session: SessionDep,
    token: str,
    invitation: Invited,
    sure: Annotated[str, Form()] = "",
) -> Response:
    """Delete it. Scores stay, without a name."""
    if sure != "yes":
        raise Invalid(
            "Nothing was deleted. Go back and tick the box if you mean it.", errors={"sure": "not ticked"}
        )
    candidate = invitation.candidate
    by = Actor("candidate", str(candidate.id), "", request_id_of(request))
    try:
        erase_candidate(session, service.blobs, candidate, by, service.now())
    except BlobsUnavailable as error:
        raise Busy("We cannot delete your uploads at the moment. Try again.", retry_after=30) from error
    return RedirectResponse(f"/i/{token}", 303)
