"""One's own account: password and sessions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from api.accounts.managing import sessions_of
from api.accounts.people import actor_of, change_password, sign_out_everywhere
from api.accounts.tables import User
from api.audit.log import record
from api.http.access import Reviewer, ServiceDep, SessionDep, cookie_name
from api.http.errors import request_id_of
from api.http.pages import page
from api.problems import Invalid, NotSignedIn
from api.service import Service

router = APIRouter(prefix="/account")


def _shown(
    request: Request,
    service: Service,
    session: Session,
    user: User,
    *,
    problem: str = "",
    done: str = "",
) -> Response:
    context = {
        "account": user,
        "others": sessions_of(session, user, service.now()) - 1,
        "problem": problem,
        "done": done,
    }
    return page(request, "reviewer/account.html.j2", context, status=422 if problem else 200)


@router.get("")
def account(request: Request, service: ServiceDep, session: SessionDep, user: Reviewer) -> Response:
    """The page."""
    return _shown(request, service, session, user)


@router.post("/password")
def password_now(
    request: Request,
    service: ServiceDep,
    session: SessionDep,
    user: Reviewer,
    old: Annotated[str, Form(max_length=1024)],
    password: Annotated[str, Form(max_length=1024)],
) -> Response:
    """Change the password, and end the sessions of other browsers."""
    most = service.settings.bounds.sign_ins_per_quarter
    by = actor_of(user, request_id_of(request))
    try:
        change_password(session, user, old, password, service.now(), most=most, by=by)
    except (NotSignedIn, Invalid) as problem:
        return _shown(request, service, session, user, problem=problem.detail)
    sign_out_everywhere(session, user.id, but=request.cookies[cookie_name(service)])
    session.flush()
    return _shown(
        request, service, session, user, done="The password is changed. Other browsers are signed out."
    )


@router.post("/sessions")
def sessions_now(request: Request, service: ServiceDep, session: SessionDep, user: Reviewer) -> Response:
    """End the sessions of other browsers."""
    sign_out_everywhere(session, user.id, but=request.cookies[cookie_name(service)])
    by = actor_of(user, request_id_of(request))
    record(session, by, "user.sessions_ended", ("user", user.id), service.now())
    return RedirectResponse("/account", 303)
