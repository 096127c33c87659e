"""/submissions: sending one, following it, taking it back."""

from __future__ import annotations

import uuid
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from api.accounts.keys import Scope
from api.http.access import Caller, ServiceDep, SessionDep, needs_scope
from api.http.v1.answers import NOT_MODIFIED, problems, tagged
from api.http.v1.paging import USUAL, Cursor, Limit, link_to_next, position
from api.http.v1.shapes import Moment, Page, Storable
from api.http.v1.submission_shapes import Submission, shown
from api.http.v1.takehome_shapes import TakehomeName, check_level
from api.http.v1.uploads import FORM, RAW, Body, SubmissionBody
from api.problems import Conflict, Invalid
from api.reviews.tables import Verdict
from api.submissions.cancelling import cancel
from api.submissions.finding import submission_by_id
from api.submissions.lists import Decided, Status, Wanted, listing
from api.submissions.receiving import Upload, grade_again, receive_for_token
from api.submissions.states import State
from api.takehomes.reading import by_name

uploading = APIRouter(tags=["Submissions"])
"""Its bodies are as large as uploads may be."""
router = APIRouter(tags=["Submissions"])

Submitter = Annotated[Caller, Depends(needs_scope(Scope.SUBMIT))]
Reader = Annotated[Caller, Depends(needs_scope(Scope.READ))]

_BYTES: Final = {"schema": {"type": "string", "format": "binary"}}
_FORM: Final = {
    "schema": {
        "type": "object",
        "properties": {
            "file": {"type": "string", "format": "binary"},
            "label": {"type": "string", "maxLength": 200},
            "level": {"type": "string", "maxLength": 60},
        },
        "required": ["file"],
        "additionalProperties": False,
    }
}
_CREATED: Final[dict[int | str, dict[str, Any]]] = {
    201: {
        "description": "Taken: the bytes, the submission and its place in the queue are durable.",
        "headers": {
            "Location": {"description": "Address of the submission.", "schema": {"type": "string"}},
            "ETag": {"description": "Its tag.", "schema": {"type": "string"}},
        },
    }
}
Level = Annotated[str | None, Query(max_length=60, description="Seniority level of the rubric."), Storable]


@uploading.post(
    "/take-homes/{name}/submissions",
    status_code=201,
    response_model=Submission,
    responses={**_CREATED, **problems(404, 408, 409, 413, 415, 503)},
    openapi_extra={
        "requestBody": {"required": True, "content": {**dict.fromkeys(RAW, _BYTES), FORM: _FORM}},
    },
    summary="Send a submission",
)
def send_submission(
    request: Request,
    body: SubmissionBody,
    service: ServiceDep,
    session: SessionDep,
    submitter: Submitter,
    name: TakehomeName,
    filename: Annotated[
        str, Query(max_length=255, description="Where the body is the file itself: its name."), Storable
    ] = "",
    label: Annotated[str, Query(max_length=200, description="What to call it."), Storable] = "",
    level: Level = None,
    idempotency_key: Annotated[
        str | None,
        Header(
            max_length=200,
            pattern=r"^[\x21-\x7e]+$",
            description="The same key again gives the submission that it made before: send it, and repeating a "
            "request whose answer was lost is safe.",
        ),
    ] = None,
) -> Response:
    """Send an archive (zip, tar, tar.gz, tar.bz2, tar.xz) or one Python file, as the body or as a form's `file`."""
    fields = _fields(body)
    label, level = fields.get("label", label), fields.get("level", level)
    takehome = by_name(session, name)
    check_level(session, takehome, level)
    row = receive_for_token(
        session,
        service.blobs,
        service.queue,
        service.settings.bounds,
        takehome,
        Upload(filename or body.file_name or "upload", body.data, "api", idempotency_key, label),
        submitter.actor,
        service.now(),
        level=level,
    )
    session.flush()
    found = submission_by_id(session, row.id)
    return tagged(request, shown(found), headers={"Location": f"/api/v1/submissions/{row.id}"}, status=201)


def _fields(body: Body) -> dict[str, str]:
    longest = {"label": 200, "level": 60}
    errors = {name: "no such field" for name in body.fields if name not in longest}
    for name, most in longest.items():
        value = body.fields.get(name, "")
        if len(value) > most or "\0" in value:
            errors[name] = f"at most {most} characters, without NUL"
    if errors:
        raise Invalid("The form is not valid.", errors=errors)
    return body.fields


@router.get("/submissions", summary="List submissions", responses=problems())
def list_submissions(
    request: Request,
    response: Response,
    session: SessionDep,
    reader: Reader,
    takehome: Annotated[
        str | None, Query(max_length=60, description="Name of a take-home."), Storable
    ] = None,
    state: State | None = None,
    decision: Verdict | None = None,
    since: Annotated[Moment | None, Query(description="Received at this time or later.")] = None,
    cursor: Cursor = None,
    limit: Limit = USUAL,
) -> Page[Submission]:
    """The newest first. Follow `next` until it is null."""
    del reader
    wanted = Wanted(
        takehome=takehome or "", status=state or Status.ANY, decision=Decided(decision or ""), since=since
    )
    place = position(cursor)
    found = listing(session, wanted, after=str(place) if place else "", limit=limit)
    following = link_to_next(request, response, uuid.UUID(found.following) if found.following else None)
    return Page(items=tuple(shown(row) for row in found.rows), next=following)


@router.get(
    "/submissions/{submission_id}",
    summary="Get a submission",
    response_model=Submission,
    responses={**NOT_MODIFIED, **problems(404)},
)
def get_submission(
    request: Request, session: SessionDep, reader: Reader, submission_id: uuid.UUID
) -> Response:
    """Poll it with `If-None-Match`, or better: follow its events."""
    del reader
    return tagged(request, shown(submission_by_id(session, submission_id)))


@router.post(
    "/submissions/{submission_id}/cancel", summary="Cancel a submission", responses=problems(404, 409)
)
def cancel_submission(
    service: ServiceDep, session: SessionDep, submitter: Submitter, submission_id: uuid.UUID
) -> Submission:
    """Take a submission out of the queue. What is cancelled already stays so."""
    row = submission_by_id(session, submission_id, lock=True)
    if row.state != State.CANCELLED:
        cancel(session, row, submitter.actor, service.now())
    return shown(row)


@router.post(
    "/submissions/{submission_id}/regrade",
    status_code=202,
    summary="Grade a submission again",
    responses=problems(404, 409),
)
def regrade_submission(
    service: ServiceDep, session: SessionDep, submitter: Submitter, submission_id: uuid.UUID
) -> Submission:
    """Grade it again with the version of the take-home that is in force. What people decided about it stays."""
    row = submission_by_id(session, submission_id, lock=True)
    suite_id = row.takehome.suite_id
    if suite_id is None:
        raise Conflict(f"{row.takehome.title} has no version that passed its check.")
    grade_again(session, service.queue, row, suite_id, submitter.actor, service.now())
    session.flush()
    session.expire(row, ["suite"])
    return shown(submission_by_id(session, submission_id))
