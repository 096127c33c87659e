"""Sign-in through an identity provider: authorization code with PKCE, state and nonce."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final

import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.starlette_client import OAuth
from fastapi import APIRouter, Depends, FastAPI, Query, Request
from fastapi.responses import RedirectResponse, Response
from httpx2 import HTTPError
from joserfc.errors import JoseError
from starlette.middleware.sessions import SessionMiddleware

from api.accounts.identities import Identity, user_of_identity
from api.accounts.people import open_session
from api.http.access import ServiceDep, SessionDep, set_session_cookie
from api.http.errors import request_id_of
from api.http.reviewer.sign_in import form, inside
from api.problems import Forbidden, NotFound
from api.service import Service, secret_key

log = structlog.get_logger()
router = APIRouter(prefix="/sign-in/oidc")

COOKIE: Final = "handshake"
HANDSHAKE_SECONDS: Final = 600
PROVIDER_SECONDS: Final = 10
WRONG: Final = (AuthlibBaseError, JoseError, HTTPError, ValueError, KeyError)
"""What a provider that is down, misconfigured or lying brings about, and a hand-shake that somebody else began."""


def set_up_oidc(app: FastAPI, service: Service) -> None:
    """Prepare the hand-shake, where an issuer is configured. Its cookie is signed, and lives for minutes."""
    oidc = service.settings.oidc
    if not oidc.issuer:
        return
    secure = service.settings.secure
    app.add_middleware(
        SessionMiddleware,
        secret_key=secret_key(service.settings),
        session_cookie=f"__Host-{COOKIE}" if secure else COOKIE,
        max_age=HANDSHAKE_SECONDS,
        same_site="lax",
        https_only=secure,
    )
    app.state.oidc = OAuth().register(
        "oidc",
        client_id=oidc.client_id,
        client_secret=oidc.client_secret.get_secret_value(),
        server_metadata_url=f"{oidc.issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid email profile",
            "code_challenge_method": "S256",
            "timeout": PROVIDER_SECONDS,
        },
    )


def _provider(request: Request) -> Any:
    provider = getattr(request.app.state, "oidc", None)
    if provider is None:
        raise NotFound("Sign-in through an identity provider is not set up.")
    return provider


@router.get("")
async def begin(
    request: Request,
    service: ServiceDep,
    next: Annotated[str, Query(max_length=2000)] = "/",  # noqa: A002
) -> Response:
    """Send the browser to the provider."""
    provider = _provider(request)
    back = f"{service.settings.base_url}/sign-in/oidc/callback"
    try:
        leave: Response = await provider.authorize_redirect(request, back)
    except WRONG as error:
        log.warning("identity provider", error=type(error).__name__)
        return form(request, service, next, "The identity provider does not answer. Try again later.")
    request.session["next"] = inside(next)
    return leave


@dataclass(frozen=True)
class Came:
    """Who came back from the provider, or why nobody did."""

    next: str
    identity: Identity | None = None
    problem: str = ""


async def came_back(request: Request, service: ServiceDep) -> Came:
    """Finish the hand-shake: state, code, PKCE, signature, issuer, audience, nonce and times are checked."""
    provider = _provider(request)
    following = inside(str(request.session.get("next", "/")))
    issuer = service.settings.oidc.issuer.rstrip("/")
    label = service.settings.oidc.label
    try:
        token = await provider.authorize_access_token(request)
        claims = token["userinfo"]
        if str(claims["iss"]).rstrip("/") != issuer:
            raise ValueError("another issuer")
        if "email" not in claims:  # allowed by the standard: it may only be at the userinfo endpoint
            more = await provider.userinfo(token=token)
            if more["sub"] != claims["sub"]:
                raise ValueError("another subject")
            claims = {**more, **claims}
    except WRONG as error:
        log.warning("oidc sign-in failed", error=type(error).__name__)
        return Came(
            following, problem=f"{label} did not work. Try again; if it fails again, ask an administrator."
        )
    finally:
        request.session.clear()
    identity = Identity(
        issuer=issuer,
        subject=str(claims["sub"]),
        email=str(claims.get("email", "")),
        email_verified=claims.get("email_verified") is True,
        name=str(claims.get("name", "")),
    )
    return Came(following, identity)


@router.get("/callback")
def finish(
    request: Request, service: ServiceDep, session: SessionDep, came: Annotated[Came, Depends(came_back)]
) -> Response:
    """Sign in whom the provider has named."""
    if came.identity is None:
        return form(request, service, came.next, came.problem)
    now = service.now()
    role = service.settings.oidc.default_role
    try:
        user = user_of_identity(session, came.identity, role, now, request_id_of(request))
    except Forbidden as problem:
        return form(request, service, came.next, problem.detail)
    answer = RedirectResponse(came.next, 303)
    set_session_cookie(answer, service, open_session(session, user, now, service.settings.session_time))
    return answer
