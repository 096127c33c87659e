"""People: users, their roles and one-time links. For administrators."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from api.accounts.mail import mail_later
from api.accounts.managing import (
    change_role,
    disable,
    enable,
    new_entry_link,
    user_by_id,
    users,
    waits_for_entry,
)
from api.accounts.people import actor_of, add_user
from api.accounts.tables import Role, User
from api.http.access import Admin, ServiceDep, SessionDep
from api.http.errors import request_id_of
from api.http.pages import page
from api.problems import Conflict, Invalid
from api.service import Service

router = APIRouter(prefix="/people")


def _shown(
    request: Request,
    service: Service,
    session: Session,
    *,
    link: str = "",
    whose: User | None = None,
    mailed: bool = False,
    problem: Invalid | Conflict | None = None,
    values: dict[str, str] | None = None,
) -> Response:
    session.flush()
    context = {
        "people": users(session),
        "waiting": waits_for_entry(session, service.now()),
        "roles": {role.value: role.value for role in Role},
        "link": f"{service.settings.base_url}/enter/{link}" if link else "",
        "whose": whose,
        "mailed": mailed,
        "mail": bool(service.settings.smtp.host),
        "problem": problem.detail if problem else "",
        "errors": problem.errors if problem else {},
        "values": {"name": "", "email": "", "role": Role.REVIEWER.value} | (values or {}),
    }
    status = problem.status if problem else 200
    return page(request, "reviewer/people.html.j2", context, status=status)


@router.get("")
def people(request: Request, service: ServiceDep, session: SessionDep, user: Admin) -> Response:
    """All users."""
    del user
    return _shown(request, service, session)


@router.post("")
def add(
    request: Request,
    service: ServiceDep,
    session: SessionDep,
    user: Admin,
    name: Annotated[str, Form()] = "",
    email: Annotated[str, Form()] = "",
    role: Annotated[Role, Form()] = Role.REVIEWER,
) -> Response:
    """Add a user. Their one-time link is mailed, or shown once."""
    name, email = name.replace("\0", ""), email.replace("\0", "")
    try:
        by = actor_of(user, request_id_of(request))
        made, link = add_user(session, email, name, role, service.now(), by)
    except (Invalid, Conflict) as problem:
        values = {"name": name, "email": email, "role": role.value}
        return _shown(request, service, session, problem=problem, values=values)
    if service.settings.smtp.host:
        mail_later(session, service.queue, made)
        return _shown(request, service, session, whose=made, mailed=True)
    return _shown(request, service, session, link=link, whose=made)


@router.post("/{user_id}/role")
def role_now(
    request: Request,
    service: ServiceDep,
    session: SessionDep,
    user: Admin,
    user_id: uuid.UUID,
    role: Annotated[Role, Form()],
) -> Response:
    """Give a user another role."""
    whom = user_by_id(session, user_id)
    change_role(session, whom, role, actor_of(user, request_id_of(request)), service.now())
    return RedirectResponse("/people", 303)


@router.post("/{user_id}/disable")
def disable_now(
    request: Request, service: ServiceDep, session: SessionDep, user: Admin, user_id: uuid.UUID
) -> Response:
    """Let a user in no more."""
    whom = user_by_id(session, user_id)
    disable(session, whom, actor_of(user, request_id_of(request)), service.now())
    return RedirectResponse("/people", 303)


@router.post("/{user_id}/enable")
def enable_now(
    request: Request, service: ServiceDep, session: SessionDep, user: Admin, user_id: uuid.UUID
) -> Response:
    """Let a user in again."""
    whom = user_by_id(session, user_id)
    enable(session, whom, actor_of(user, request_id_of(request)), service.now())
    return RedirectResponse("/people", 303)


@router.post("/{user_id}/link")
def link_now(
    request: Request, service: ServiceDep, session: SessionDep, user: Admin, user_id: uuid.UUID
) -> Response:
    """Make a one-time link: mailed, or shown once."""
    whom = user_by_id(session, user_id)
    link = new_entry_link(session, whom, actor_of(user, request_id_of(request)), service.now())
    if service.settings.smtp.host:
        mail_later(session, service.queue, whom)
        return _shown(request, service, session, whose=whom, mailed=True)
    return _shown(request, service, session, link=link, whose=whom)
