"""/invitations: private links for candidates."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from api.accounts.keys import Scope
from api.http.access import Caller, ServiceDep, SessionDep, needs_scope
from api.http.v1.answers import problems
from api.http.v1.invitation_shapes import (
    Extension,
    Invitation,
    MadeInvitation,
    NewInvitation,
    invitation_shown,
)
from api.http.v1.paging import USUAL, Cursor, Limit, link_to_next, position
from api.http.v1.shapes import Page, Storable
from api.http.v1.takehome_shapes import check_level
from api.invitations.changing import extend, revoke
from api.invitations.inviting import Terms, invite
from api.invitations.lists import by_id, page_of_invitations
from api.problems import Invalid, NotFound
from api.takehomes.reading import by_name

router = APIRouter(tags=["Invitations"])

Inviter = Annotated[Caller, Depends(needs_scope(Scope.INVITE))]


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
