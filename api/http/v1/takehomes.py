"""/take-homes: what candidates are given, its versions, its rubric."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Request, Response

from api.accounts.keys import Scope
from api.http.access import Caller, ServiceDep, SessionDep, needs_scope
from api.http.v1.answers import NOT_MODIFIED, problems, tagged
from api.http.v1.shapes import Page
from api.http.v1.takehome_shapes import (
    NewRubric,
    Published,
    RubricSummary,
    RubricText,
    Suite,
    Takehome,
    TakehomeName,
    TakehomeSummary,
    rubric_shown,
    rubric_summary,
    suite_shown,
    summary,
    whole,
)
from api.http.v1.uploads import FORM, RAW, TakehomeBody
from api.problems import Invalid, NotFound
from api.reviews.changes import propose
from api.takehomes.packing import BadPackage, unpack
from api.takehomes.publishing import add_rubric, publish
from api.takehomes.reading import by_name, takehomes, versions

uploading = APIRouter(tags=["Take-homes"])
"""Its bodies are as large as take-homes may be."""
router = APIRouter(tags=["Take-homes"])

Reader = Annotated[Caller, Depends(needs_scope(Scope.TAKEHOMES))]
Publisher = Annotated[Caller, Depends(needs_scope(Scope.PUBLISH))]

_BYTES: Final = {"schema": {"type": "string", "format": "binary"}}
_FORM: Final = {
    "schema": {
        "type": "object",
        "properties": {"file": {"type": "string", "format": "binary"}},
        "required": ["file"],
        "additionalProperties": False,
    }
}
_TAR: Final = tuple(kind for kind in RAW if kind != "application/zip")
_PUBLISHED: Final[dict[int | str, dict[str, Any]]] = {
    201: {
        "description": "It is there. The check of a new version decides whether it comes into force.",
        "headers": {"Location": {"description": "Address of the take-home.", "schema": {"type": "string"}}},
    },
}


@router.get("/take-homes", summary="List take-homes")
def list_takehomes(session: SessionDep, reader: Reader) -> Page[TakehomeSummary]:
    """All of them, those that are given out first, by title."""
    del reader
    return Page(items=tuple(summary(row) for row in takehomes(session)), next=None)


@router.get(
    "/take-homes/{name}",
    summary="Get a take-home",
    response_model=Takehome,
    responses={**NOT_MODIFIED, **problems(404)},
)
def get_takehome(request: Request, session: SessionDep, reader: Reader, name: TakehomeName) -> Response:
    """The brief, what is judged, and what invitations get. Nothing of the hidden tests."""
    del reader
    return tagged(request, whole(by_name(session, name)))


@uploading.post(
    "/take-homes",
    status_code=201,
    response_model=Published,
    responses={**_PUBLISHED, **problems(408, 413, 415, 503)},
    openapi_extra={
        "requestBody": {"required": True, "content": {**dict.fromkeys(_TAR, _BYTES), FORM: _FORM}},
    },
    summary="Publish a take-home",
)
def publish_takehome(
    response: Response, body: TakehomeBody, service: ServiceDep, session: SessionDep, publisher: Publisher
) -> Published:
    """Publish the folder of a take-home as a tar archive (plain, gz, bz2 or xz). The same again changes nothing."""
    if body.fields:
        raise Invalid("The form is not valid.", errors=dict.fromkeys(body.fields, "no such field"))
    try:
        files = unpack(body.data)
    except BadPackage as error:
        raise Invalid(str(error), errors={"file": "not an archive of a take-home"}) from error
    row, suite, rubric = publish(
        session, service.blobs, files, publisher.actor, service.now(), queue=service.queue
    )
    session.flush()
    response.headers["Location"] = f"/api/v1/take-homes/{row.name}"
    return Published(take_home=row.name, suite=suite_shown(suite, row), rubric=rubric_summary(rubric, row))


@router.get("/take-homes/{name}/versions", summary="List versions", responses=problems(404))
def list_versions(session: SessionDep, reader: Reader, name: TakehomeName) -> Page[Suite]:
    """Every version that was published, the newest first."""
    del reader
    row = by_name(session, name)
    return Page(items=tuple(suite_shown(one, row) for one in versions(session, row).suites), next=None)


@router.get("/take-homes/{name}/rubrics", summary="List rubrics", responses=problems(404))
def list_rubrics(session: SessionDep, reader: Reader, name: TakehomeName) -> Page[RubricSummary]:
    """Every state of the rubric, the newest first, without the texts."""
    del reader
    row = by_name(session, name)
    return Page(items=tuple(rubric_summary(one, row) for one in versions(session, row).rubrics), next=None)


@router.get(
    "/take-homes/{name}/rubrics/{number}",
    summary="Get a rubric",
    response_model=RubricText,
    responses={**NOT_MODIFIED, **problems(404)},
)
def get_rubric(
    request: Request,
    session: SessionDep,
    reader: Reader,
    name: TakehomeName,
    number: Annotated[int, Path(ge=1, le=2**31 - 1)],
) -> Response:
    """One state of the rubric, with its text."""
    del reader
    row = by_name(session, name)
    for rubric in versions(session, row).rubrics:
        if rubric.number == number:
            return tagged(request, rubric_shown(rubric, row))
    raise NotFound("The take-home has no rubric of this number.")


@router.post(
    "/take-homes/{name}/rubrics",
    status_code=201,
    summary="Add a rubric",
    responses={
        200: {"description": "The same text is there.", "model": RubricText},
        **problems(400, 404, 413),
    },
)
def add_rubric_version(
    response: Response,
    service: ServiceDep,
    session: SessionDep,
    publisher: Publisher,
    name: TakehomeName,
    new: NewRubric,
) -> RubricText:
    """Add a state of the rubric.

    Where nothing was graded it is in force at once; else a change is proposed, which is tried on all that was graded
    and then applied by a person.
    """
    row = by_name(session, name, lock=True)
    before = {one.id for one in versions(session, row).rubrics}
    rubric = add_rubric(session, row, new.text, publisher.actor, service.now(), note=new.note)
    if rubric.id != row.rubric_id:
        propose(session, service.queue, row, publisher.actor, service.now(), rubric=rubric)
    response.status_code = 200 if rubric.id in before else 201
    response.headers["Location"] = f"/api/v1/take-homes/{row.name}/rubrics/{rubric.number}"
    return rubric_shown(rubric, row)
