"""API tokens: made, listed, revoked. For administrators."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from api.accounts.keys import Scope, make_key, revoke_key
from api.accounts.managing import token_by_id, tokens
from api.accounts.people import actor_of
from api.http.access import Admin, ServiceDep, SessionDep
from api.http.errors import request_id_of
from api.http.pages import page
from api.problems import Invalid
from api.service import Service

router = APIRouter(prefix="/tokens")

SCOPES: Final = {
    Scope.SUBMIT: "send in submissions",
    Scope.READ: "read submissions and reports",
    Scope.INVITE: "invite candidates",
    Scope.TAKEHOMES: "read take-homes",
    Scope.PUBLISH: "publish take-homes",
    Scope.REVIEW: "override, comment, decide",
    Scope.ADMIN: "everything",
}
LIVES: Final = {"30": "30 days", "90": "90 days", "365": "a year", "": "until it is revoked"}


def _shown(
    request: Request,
    service: Service,
    session: Session,
    *,
    token: str = "",
    problem: Invalid | None = None,
    name: str = "",
    chosen: list[str] | None = None,
    days: str = "90",
) -> Response:
    session.flush()
    context = {
        "tokens": tokens(session),
        "now": service.now(),
        "scopes": SCOPES,
        "lives": LIVES,
        "token": token,
        "problem": problem.detail if problem else "",
        "errors": problem.errors if problem else {},
        "name": name,
        "chosen": chosen or [],
        "days": days,
    }
    status = problem.status if problem else 200
    return page(request, "reviewer/tokens.html.j2", context, status=status)


@router.get("")
def tokens_page(request: Request, service: ServiceDep, session: SessionDep, user: Admin) -> Response:
    """All tokens."""
    del user
    return _shown(request, service, session)


@router.post("")
def make(
    request: Request,
    service: ServiceDep,
    session: SessionDep,
    user: Admin,
    name: Annotated[str, Form()] = "",
    scopes: Annotated[list[str], Form()] = [],  # noqa: B006 -- FastAPI copies it
    days: Annotated[str, Form(pattern="^(30|90|365|)$")] = "90",
) -> Response:
    """Make a token, which is shown once."""
    now = service.now()
    ends = now + timedelta(days=int(days)) if days else None
    name = name.replace("\0", "")
    by = actor_of(user, request_id_of(request))
    try:
        _, token = make_key(session, user, name, scopes, now, by, ends)
    except Invalid as problem:
        return _shown(request, service, session, problem=problem, name=name, chosen=scopes, days=days)
    return _shown(request, service, session, token=token)


@router.post("/{token_id}/revoke")
def revoke(
    request: Request, service: ServiceDep, session: SessionDep, user: Admin, token_id: uuid.UUID
) -> Response:
    """Make a token useless at once."""
    row = token_by_id(session, token_id)
    revoke_key(session, row, service.now(), actor_of(user, request_id_of(request)))
    return RedirectResponse("/tokens", 303)
