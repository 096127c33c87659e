"""/invitations: private links for candidates."""

from __future__ import annotations

import uuid
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from api.accounts.keys import Scope
from api.http.access import Caller, ServiceDep, SessionDep, needs_scope
from api.http.spreadsheets import MEDIA_TYPE, Spreadsheet, spreadsheet
from api.http.v1.answers import problems
from api.http.v1.invitation_shapes import (
    Extension,
    ImportedInvitations,
    Invitation,
    MadeInvitation,
    NewInvitation,
    invitation_shown,
)
from api.http.v1.paging import USUAL, Cursor, Limit, link_to_next, position
from api.http.v1.shapes import Page, Storable
from api.http.v1.takehome_shapes import check_level
from api.http.v1.uploads import check_first, counted, kind_of
from api.invitations.changing import extend, revoke
from api.invitations.exporting import table_of
from api.invitations.importing import MOST_BYTES, as_csv, check, invite_all, read
from api.invitations.inviting import Terms, invite
from api.invitations.lists import by_id, page_of_invitations
from api.invitations.windows import Phase
from api.problems import Invalid, NotFound, WrongType
from api.takehomes.reading import by_name

router = APIRouter(tags=["Invitations"])

Inviter = Annotated[Caller, Depends(needs_scope(Scope.INVITE))]
_BYTES: Final = {"schema": {"type": "string", "format": "binary"}}
_TABLES: Final = {"text/csv": _BYTES, MEDIA_TYPE: _BYTES}


async def read_table(request: Request, service: ServiceDep) -> bytes:
    """The file in the body, from somebody who may invite.

    Raises:
        WrongType, TooLarge, Invalid: it is none.
    """
    await run_in_threadpool(check_first, request, service, Scope.INVITE)
    if kind_of(request) not in _TABLES:
        raise WrongType(f"Send one of: {', '.join(_TABLES)}.")
    return b"".join([chunk async for chunk in counted(request, MOST_BYTES, MOST_BYTES)])


TableBody = Annotated[bytes, Depends(read_table)]


@router.post("/invitations", status_code=201, summary="Invite a candidate", responses=problems(400, 409, 413))
def make_invitation(
    response: Response, service: ServiceDep, session: SessionDep, inviter: Inviter, new: NewInvitation
) -> MadeInvitation:
    """Invite a candidate. The answer holds the link, once; no e-mail goes out."""
    try:
        takehome = by_name(session, new.take_home)
    except NotFound as error:
        raise Invalid(error.detail, errors={"take_home": "there is none of this name"}) from error
    check_level(session, takehome, new.level)
    now = service.now()
    terms = Terms(**new.model_dump(include=set(Terms.__dataclass_fields__)))
    row, token = invite(
        session, takehome, new.name, new.email, terms, inviter.actor, now, reference=new.reference
    )
    session.flush()
    made = invitation_shown(by_id(session, row.id), now)
    response.headers["Location"] = f"/api/v1/invitations/{row.id}"
    return MadeInvitation(**made.model_dump(), link=f"{service.settings.base_url}/i/{token}")


@router.get("/invitations", summary="List invitations")
def list_invitations(
    request: Request,
    response: Response,
    service: ServiceDep,
    session: SessionDep,
    inviter: Inviter,
    takehome: Annotated[
        str | None, Query(max_length=60, description="Name of a take-home."), Storable
    ] = None,
    cursor: Cursor = None,
    limit: Limit = USUAL,
) -> Page[Invitation]:
    """The newest first. Follow `next` until it is null."""
    del inviter
    rows, more = page_of_invitations(session, takehome, position(cursor), limit)
    now = service.now()
    following = link_to_next(request, response, rows[-1].id if more else None)
    return Page(items=tuple(invitation_shown(row, now) for row in rows), next=following)


@router.get(
    "/invitations/export",
    summary="Download invitations with their results",
    response_class=Response,
    responses={200: {"description": "A table.", "content": _TABLES}},
)
def export_invitations(
    service: ServiceDep,
    session: SessionDep,
    inviter: Inviter,
    takehome: Annotated[
        str | None, Query(max_length=60, description="Name of a take-home."), Storable
    ] = None,
    phase: Phase | None = None,
    format: Spreadsheet = Spreadsheet.CSV,  # noqa: A002 -- the parameter's name in the address
) -> Response:
    """The newest 5000 invitations, as CSV or XLSX. Results are in it for tokens that may read submissions."""
    results = not {Scope.READ.value, Scope.ADMIN.value}.isdisjoint(inviter.scopes)
    table = table_of(session, service.now(), takehome=takehome or "", phase=phase, results=results)
    return spreadsheet(format, table.columns, table.rows, "invitations")


@router.post(
    "/invitations/import",
    status_code=201,
    summary="Invite many candidates",
    responses=problems(404, 409, 413, 415),
    openapi_extra={"requestBody": {"required": True, "content": _TABLES}},
)
def import_invitations(
    service: ServiceDep,
    session: SessionDep,
    inviter: Inviter,
    table: TableBody,
    take_home: Annotated[str, Query(max_length=60, description="Name of a take-home."), Storable],
) -> ImportedInvitations:
    """Invite everybody in a CSV file or workbook, or nobody: `errors` names each line that is not right."""
    takehome, now = by_name(session, take_home), service.now()
    lines = read(as_csv(table))
    if not check(session, takehome, lines, now):
        errors = {f"line {line.number}": "; ".join(line.problems) for line in lines if line.problems}
        raise Invalid("A line is not right: nobody was invited.", errors=errors)
    links = {row.id: token for row, token, _ in invite_all(session, takehome, lines, inviter.actor, now)}
    session.flush()
    base = f"{service.settings.base_url}/i/"
    made = [
        MadeInvitation(**invitation_shown(by_id(session, identity), now).model_dump(), link=base + token)
        for identity, token in links.items()
    ]
    return ImportedInvitations(items=tuple(made))


@router.get("/invitations/{invitation_id}", summary="Get an invitation", responses=problems(404))
def get_invitation(
    service: ServiceDep, session: SessionDep, inviter: Inviter, invitation_id: uuid.UUID
) -> Invitation:
    """One invitation, without its link."""
    del inviter
    return invitation_shown(by_id(session, invitation_id), service.now())


@router.post("/invitations/{invitation_id}/revoke", summary="Revoke an invitation", responses=problems(404))
def revoke_invitation(
    service: ServiceDep, session: SessionDep, inviter: Inviter, invitation_id: uuid.UUID
) -> Invitation:
    """Close the link for good. What was uploaded stays."""
    row = by_id(session, invitation_id, lock=True)
    revoke(session, row, inviter.actor, service.now())
    return invitation_shown(row, service.now())


@router.post(
    "/invitations/{invitation_id}/extend",
    summary="Extend an invitation",
    responses=problems(400, 404, 409, 413),
)
def extend_invitation(
    service: ServiceDep, session: SessionDep, inviter: Inviter, invitation_id: uuid.UUID, more: Extension
) -> Invitation:
    """Give the candidate more time, on top of what they were given before."""
    row = by_id(session, invitation_id, lock=True)
    extend(session, row, more.minutes, more.reason, inviter.actor, service.now())
    return invitation_shown(row, service.now())
