"""Signing in and out, and setting a password with a one-time link."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from api.accounts.people import entering, open_session, set_password, sign_in, sign_out
from api.http.access import (
    Reviewer,
    ServiceDep,
    SessionDep,
    address_of,
    clear_session_cookie,
    cookie_name,
    set_session_cookie,
)
from api.http.errors import request_id_of
from api.http.pages import page
from api.problems import Invalid

router = APIRouter()


def inside(address: str) -> str:
    """`address` if it is a path of ours, else the front page: sign-in must not lead elsewhere."""
    plain = address.startswith("/") and not address.startswith(("//", "/\\")) and "\\" not in address
    return address if plain and address.isprintable() else "/"


@router.get("/sign-in")
def sign_in_page(request: Request, service: ServiceDep, next: Annotated[str, Query()] = "/") -> Response:  # noqa: A002
    """The form."""
    return form(request, service, next)


def form(
    request: Request, service: ServiceDep, following: str, problem: str = "", email: str = ""
) -> Response:
    """The page, with what went wrong."""
    label = service.settings.oidc.label if service.settings.oidc.issuer else ""
    context = {"next": inside(following), "problem": problem, "email": email, "oidc": label}
    return page(request, "reviewer/sign_in.html.j2", context, status=401 if problem else 200)


@router.post("/sign-in")
def sign_in_now(
    request: Request,
    service: ServiceDep,
    session: SessionDep,
    email: Annotated[str, Form(max_length=320)],
    password: Annotated[str, Form(max_length=1024)],
    next: Annotated[str, Form()] = "/",  # noqa: A002
) -> Response:
    """Check the password; failures are counted."""
    now = service.now()
    most = service.settings.bounds.sign_ins_per_quarter
    user = sign_in(session, email, password, address_of(request), now, most=most)
    if user is None:
        return form(request, service, next, "E-mail or password is not right.", email)
    response = RedirectResponse(inside(next), 303)
    set_session_cookie(response, service, open_session(session, user, now, service.settings.session_time))
    return response


@router.post("/sign-out")
def sign_out_now(request: Request, service: ServiceDep, session: SessionDep, user: Reviewer) -> Response:
    """End this session."""
    del user
    sign_out(session, request.cookies[cookie_name(service)])
    response = RedirectResponse("/sign-in", 303)
    clear_session_cookie(response, service)
    return response


@router.get("/enter/{token}")
def enter_page(request: Request, service: ServiceDep, session: SessionDep, token: str) -> Response:
    """The form behind a one-time link."""
    _, user = entering(session, token, service.now())
    return page(request, "reviewer/enter.html.j2", {"email": user.email, "problem": ""})


@router.post("/enter/{token}")
def enter_now(
    request: Request,
    service: ServiceDep,
    session: SessionDep,
    token: str,
    password: Annotated[str, Form(max_length=1024)],
) -> Response:
    """Set the password and sign in."""
    now = service.now()
    try:
        user = set_password(session, token, password, now, request_id_of(request))
    except Invalid as problem:
        _, user = entering(session, token, now)
        context = {"email": user.email, "problem": problem.detail}
        return page(request, "reviewer/enter.html.j2", context, status=422)
    response = RedirectResponse("/", 303)
    set_session_cookie(response, service, open_session(session, user, now, service.settings.session_time))
    return response
