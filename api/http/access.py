"""Who may call: sessions of people, tokens of programs, links of candidates. Every route asks for one of these.

A route says so with a dependency of this module; tests/api/http/test_access.py holds a table of all routes and roles,
and fails when a route is not in it.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final
from urllib.parse import quote
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from api.accounts.keys import Scope, key_of
from api.accounts.people import actor_of, user_of
from api.accounts.tables import ApiToken, Role, User
from api.ats.connections import ats_of
from api.ats.tables import AtsConnection
from api.audit.log import Actor
from api.http.errors import request_id_of
from api.invitations.inviting import by_token
from api.invitations.tables import Invitation
from api.problems import Forbidden, NotFound, NotSignedIn
from api.service import Service
from api.submissions.files import SubmittedFiles
from api.takehomes.shelf import Shelf
from api.throttle import count, refuse_beyond

SESSION_COOKIE: Final = "session"
QUARTER: Final = timedelta(minutes=15)
LINK_GUESSES: Final = 30
"""Unknown links that one address may ask for in a quarter of an hour."""


def acting(request: Request, user: User) -> Actor:
    """Who the audit log says it was, with the request."""
    return actor_of(user, request_id_of(request))


def service_of(request: Request) -> Service:
    """The service that the application was made with."""
    service: Service = request.app.state.service
    return service


ServiceDep = Annotated[Service, Depends(service_of)]


def shelf_of(request: Request) -> Shelf:
    """The published take-homes, unpacked on this machine."""
    shelf: Shelf = request.app.state.shelf
    return shelf


ShelfDep = Annotated[Shelf, Depends(shelf_of)]


def submitted_of(request: Request) -> SubmittedFiles:
    """The files of submissions and the published take-homes, as the application keeps them."""
    submitted: SubmittedFiles = request.app.state.submitted
    return submitted


SubmittedDep = Annotated[SubmittedFiles, Depends(submitted_of)]


def _session(service: ServiceDep) -> Iterator[Session]:
    """One request, one transaction, committed before the answer goes out."""
    with service.sessions.begin() as session:
        yield session


SessionDep = Annotated[Session, Depends(_session, scope="function")]


def cookie_name(service: Service) -> str:
    """`__Host-` binds the cookie to this very host over TLS; without TLS (this machine only) browsers refuse it."""
    return f"__Host-{SESSION_COOKIE}" if service.settings.secure else SESSION_COOKIE


def set_session_cookie(response: Response, service: Service, token: str) -> None:
    """Sign the browser in."""
    response.set_cookie(
        cookie_name(service),
        token,
        secure=service.settings.secure,
        httponly=True,
        samesite="lax",
        path="/",
    )


def clear_session_cookie(response: Response, service: Service) -> None:
    """Sign the browser out."""
    response.delete_cookie(cookie_name(service), path="/", secure=service.settings.secure, httponly=True)


def to_sign_in(request: Request) -> Response:
    """Send the browser to the sign-in page, and back afterwards."""
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    back = f"?next={quote(wanted)}" if request.method == "GET" and wanted != "/" else ""
    return RedirectResponse(f"/sign-in{back}", 303)


def address_of(request: Request) -> str:
    """The caller's address, for throttling; uvicorn has looked at X-Forwarded-For of proxies that are believed."""
    return request.client.host if request.client else ""


# -- people -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Visitor:
    """Whose page it is. A plain value: an error page is made after the transaction, and its rows, are gone."""

    name: str
    role: str


def signed_in(request: Request, service: ServiceDep, session: SessionDep) -> User:
    """The user whose session the cookie names.

    Raises:
        NotSignedIn: there is none.
    """
    token = request.cookies.get(cookie_name(service))
    if not token:
        raise NotSignedIn("Sign in to see this page.")
    user = user_of(session, token, service.now(), service.settings.session_time)
    request.state.user = Visitor(user.name, user.role)
    return user


def _needs(role: Role) -> Callable[..., User]:
    def allowed(user: Annotated[User, Depends(signed_in)]) -> User:
        if not Role(user.role).covers(role):
            raise Forbidden(f"This needs the role {role.value}; you are {user.role}. Ask an administrator.")
        return user

    allowed.__name__ = f"needs_{role.value}"
    return allowed


Reviewer = Annotated[User, Depends(_needs(Role.REVIEWER))]
Author = Annotated[User, Depends(_needs(Role.AUTHOR))]
Admin = Annotated[User, Depends(_needs(Role.ADMIN))]


# -- programs -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Caller:
    """Whoever calls the API: a program with a token, or the signed-in user of a page."""

    actor: Actor
    scopes: frozenset[str]
    user: User | None = None
    token: ApiToken | None = None


_SCOPES_OF_ROLE: Final = {
    Role.REVIEWER: {Scope.READ, Scope.TAKEHOMES, Scope.INVITE, Scope.REVIEW},
    Role.AUTHOR: {Scope.READ, Scope.TAKEHOMES, Scope.INVITE, Scope.REVIEW, Scope.SUBMIT, Scope.PUBLISH},
    Role.ADMIN: set(Scope),
}


def caller(request: Request, service: ServiceDep, session: SessionDep) -> Caller:
    """Whoever the bearer token, or else the session cookie, names.

    Raises:
        NotSignedIn: neither is there, or it is not valid.
    """
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and token:
        row = key_of(session, token.strip(), service.now())
        actor = Actor("token", str(row.id), row.name, request_id_of(request))
        return Caller(actor, frozenset(row.scopes), token=row)
    if not request.cookies.get(cookie_name(service)):
        raise NotSignedIn("Send a token: `Authorization: Bearer tgr_…`. Administrators make tokens.")
    user = signed_in(request, service, session)
    scopes = frozenset(scope.value for scope in _SCOPES_OF_ROLE[Role(user.role)])
    return Caller(acting(request, user), scopes, user=user)


def needs_scope(scope: Scope) -> Callable[..., Caller]:
    """A dependency that lets only callers with `scope` pass."""

    def allowed(found: Annotated[Caller, Depends(caller)]) -> Caller:
        if scope.value not in found.scopes and Scope.ADMIN.value not in found.scopes:
            raise Forbidden(f"This needs the scope {scope.value}.")
        return found

    allowed.__name__ = f"needs_scope_{scope.name.lower()}"
    return allowed


@dataclass(frozen=True)
class AtsCaller:
    """An applicant tracking system."""

    row: AtsConnection
    actor: Actor


def ats_caller(request: Request, service: ServiceDep, session: SessionDep) -> AtsCaller:
    """The system whose key is the user of HTTP Basic authentication; the password is empty, and not looked at.

    Raises:
        NotSignedIn: there is no key, or it is not valid.
    """
    kind, _, encoded = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        raise NotSignedIn("Send the key with HTTP Basic authentication, as the user.")
    try:
        key = base64.b64decode(encoded.strip(), validate=True).decode("ascii").partition(":")[0]
    except ValueError as error:
        raise NotSignedIn("The header Authorization cannot be read.") from error
    row = ats_of(session, key, service.now())
    return AtsCaller(row, Actor("ats", str(row.id), row.name, request_id_of(request)))


Ats = Annotated[AtsCaller, Depends(ats_caller)]


# -- candidates ---------------------------------------------------------------------------------------


def invited(request: Request, token: str, service: ServiceDep, session: SessionDep) -> Invitation:
    """The invitation behind the link in the path. It may be over, early or revoked: pages say so.

    Raises:
        NotFound: the link is not known.
        TooMany: it is not, and the caller tried many such.
    """
    return _by_link(request, token, service, session)


def _by_link(request: Request, token: str, service: Service, session: Session) -> Invitation:
    """Unknown links are counted for the address. A known one always opens, whoever guesses beside it."""
    try:
        return by_token(session, token)
    except NotFound:
        who, now = address_of(request), service.now()
        session.rollback()  # gives its connection back; what is counted must stay, so it is a transaction of its own
        with service.sessions.begin() as counting:
            refuse_beyond(counting, "link", who, LINK_GUESSES, now)
            count(counting, "link", who, now, QUARTER)
        raise


Invited = Annotated[Invitation, Depends(invited)]


def invited_briefly(request: Request, token: str, service: ServiceDep) -> UUID:
    """The id of the invitation behind the link, looked up in a transaction of its own.

    For routes that read or write slowly: they must not hold a connection to the database while they do.

    Raises:
        NotFound, TooMany: as `invited`.
    """
    with service.sessions.begin() as session:
        return _by_link(request, token, service, session).id


InvitedBriefly = Annotated[UUID, Depends(invited_briefly)]
