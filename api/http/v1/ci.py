"""/ci: what pipelines send and follow, and the connections of those that sign."""

from __future__ import annotations

import uuid
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response

from api.accounts.keys import Scope
from api.ci.asking import ask_with_archive, ask_with_repository, request_of
from api.ci.connections import (
    all_connections,
    connection_by_id,
    make_connection,
    note_use,
    revoke_connection,
    rotate_connection,
)
from api.http.access import Caller, ServiceDep, SessionDep, SubmittedDep, needs_scope
from api.http.v1.answers import NOT_MODIFIED, problems, tagged
from api.http.v1.ci_bodies import JSON, Archive, SentToCi
from api.http.v1.ci_shapes import (
    AskedToFetch,
    CiSubmission,
    Connection,
    ConnectionRotation,
    ConnectionWithSecret,
    NewConnection,
    ci_shown,
    connection_shown,
    is_here,
)
from api.http.v1.reports import Wanted, formats, rendered, report_of
from api.http.v1.uploads import FORM, RAW
from api.problems import Invalid, NotFound
from api.submissions.finding import submission_by_id
from api.takehomes.reading import by_name
from grader.report import CandidateReport, candidate_view

uploading = APIRouter(prefix="/ci", tags=["CI"])
"""Its bodies are as large as uploads may be."""
router = APIRouter(prefix="/ci", tags=["CI"])

Submitter = Annotated[Caller, Depends(needs_scope(Scope.SUBMIT))]
Administrator = Annotated[Caller, Depends(needs_scope(Scope.ADMIN))]

_BYTES: Final = {"schema": {"type": "string", "format": "binary"}}
_FORM: Final = {
    "schema": {
        "type": "object",
        "properties": {
            "file": {"type": "string", "format": "binary"},
            "take_home": {"type": "string", "maxLength": 60},
            "invitation": {"type": "string", "format": "uuid"},
            "label": {"type": "string", "maxLength": 200},
            "level": {"type": "string", "maxLength": 60},
        },
        "required": ["file"],
        "additionalProperties": False,
    }
}
_LOCATION: Final = {"Location": {"description": "Where to follow it.", "schema": {"type": "string"}}}
_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    201: {
        "description": "Taken: bytes, submission and its place in the queue are durable.",
        "headers": _LOCATION,
    },
    202: {
        "description": "Noted: the repository will be fetched.",
        "model": CiSubmission,
        "headers": _LOCATION,
    },
}


def _asked_to_fetch() -> dict[str, Any]:
    """Shape of the JSON body, which the route reads by itself: the signature is made over its bytes."""
    schema = AskedToFetch.model_json_schema(ref_template="#/components/schemas/{model}")
    inner = schema.pop("$defs")["NamedRepository"]
    schema["properties"]["repository"] = inner
    return {"schema": schema}


@uploading.post(
    "/submissions",
    status_code=201,
    response_model=CiSubmission,
    responses={**_ANSWERS, **problems(409, 410, 413, 415, 503)},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {JSON: _asked_to_fetch(), FORM: _FORM, **dict.fromkeys(RAW, _BYTES)},
        },
        "security": [{"token": []}, {"session": []}, {"signature": []}],
    },
    summary="Submit from a pipeline",
)
def submit(request: Request, sent: SentToCi, service: ServiceDep, session: SessionDep) -> Response:
    """Send an archive, as the body or as a form's `file`, or name a repository that we fetch.

    With a token of the scope submissions:write, or signed as Standard Webhooks says, with the secret of a connection.
    """
    if sent.connection_id is not None:
        note_use(connection_by_id(session, sent.connection_id, lock=True), service.now())
    if isinstance(sent.content, Archive):
        file_name, data = sent.content.file_name, sent.content.data
        row = ask_with_archive(session, service, sent.sender, sent.wish, file_name, data)
    else:
        named = sent.content
        row = ask_with_repository(
            session, service, sent.sender, sent.wish, named.url, named.commit, named.ref
        )
    session.flush()
    submission = submission_by_id(session, row.id) if is_here(row) else None
    answer = ci_shown(row, submission, service.settings.base_url)
    status = 201 if submission is not None else 202
    return tagged(request, answer, headers={"Location": f"/api/v1/ci/submissions/{row.id}"}, status=status)


@router.get(
    "/submissions/{request_id}",
    summary="Follow a submission of a pipeline",
    response_model=CiSubmission,
    responses={**NOT_MODIFIED, **problems(404)},
)
def follow(
    request: Request, service: ServiceDep, session: SessionDep, submitter: Submitter, request_id: uuid.UUID
) -> Response:
    """What the same token asked for; with the scope admin, whoever asked. Poll it with `If-None-Match`."""
    row = request_of(session, request_id, _asker(submitter))
    submission = submission_by_id(session, row.id) if is_here(row) else None
    return tagged(request, ci_shown(row, submission, service.settings.base_url))


@router.get(
    "/submissions/{request_id}/report",
    summary="Get the report for a pipeline",
    response_model=None,
    responses={**formats(CandidateReport), **problems(404, 410, 503)},
)
def get_ci_report(
    request: Request,
    submitted: SubmittedDep,
    session: SessionDep,
    submitter: Submitter,
    request_id: uuid.UUID,
    format: Wanted = None,  # noqa: A002 -- the parameter's name in the address
) -> Response:
    """The report without hidden text: it may end up in a log that the candidate reads. 404 while there is none."""
    row = request_of(session, request_id, _asker(submitter))
    if not is_here(row):
        raise NotFound(f"There is no report: it is {row.stage}.", members={"state": row.stage})
    submission = submission_by_id(session, row.id)
    report = candidate_view(report_of(session, submission))
    return rendered(request, submitted, submission, report, format)


def _asker(caller: Caller) -> str | None:
    if Scope.ADMIN.value in caller.scopes:
        return None
    return f"{caller.actor.kind}:{caller.actor.id}"


@router.get("/connections", summary="List connections")
def list_connections(session: SessionDep, administrator: Administrator) -> list[Connection]:
    """Pipelines that sign their requests, the oldest first."""
    del administrator
    return [connection_shown(row) for row in all_connections(session)]


@router.post("/connections", status_code=201, summary="Add a connection", responses=problems(400, 409, 413))
def add_connection(
    wanted: NewConnection, service: ServiceDep, session: SessionDep, administrator: Administrator
) -> ConnectionWithSecret:
    """The secret is in this answer and nowhere else."""
    takehome = None
    if wanted.take_home is not None:
        try:
            takehome = by_name(session, wanted.take_home)
        except NotFound as error:
            raise Invalid(error.detail, errors={"take_home": "there is none of this name"}) from error
    safe = service.safe
    row, secret = make_connection(session, safe, wanted.name, takehome, administrator.actor, service.now())
    return ConnectionWithSecret(**connection_shown(row).model_dump(), secret=secret)


@router.post(
    "/connections/{pipeline_id}/rotate", summary="Make a new secret", responses=problems(400, 404, 413)
)
def rotate_secret(
    pipeline_id: uuid.UUID,
    rotation: ConnectionRotation,
    service: ServiceDep,
    session: SessionDep,
    administrator: Administrator,
) -> ConnectionWithSecret:
    """The new secret is in this answer and nowhere else. The old one is valid for a while: two at a time."""
    row = connection_by_id(session, pipeline_id, lock=True)
    safe, now = service.safe, service.now()
    secret = rotate_connection(session, safe, row, rotation.old_signs_hours, administrator.actor, now)
    return ConnectionWithSecret(**connection_shown(row).model_dump(), secret=secret)


@router.delete(
    "/connections/{pipeline_id}", status_code=204, summary="Revoke a connection", responses=problems(404)
)
def revoke(
    pipeline_id: uuid.UUID, service: ServiceDep, session: SessionDep, administrator: Administrator
) -> None:
    """Its signatures are not believed any more, at once."""
    row = connection_by_id(session, pipeline_id, lock=True)
    revoke_connection(session, row, administrator.actor, service.now())
