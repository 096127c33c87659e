"""How often one caller may ask: counted in memory, by this process, before anything else looks at the request.

A caller is a token, a session, a private link or a forge's connection where the request names one, and its address
otherwise. Credentials that turn out to be wrong are counted for the address, so that guessing them does not open a
fresh allowance each time.
"""

from __future__ import annotations

import hashlib
import math
import time
from http.cookies import CookieError, SimpleCookie
from typing import Final

import structlog
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.edge import PRIVATE_PARTS
from api.http.errors import answer

log = structlog.get_logger()

FREE: Final = frozenset({"static", "healthz", "readyz", "metrics"})
"""First parts of paths that are not counted: files that browsers keep, and what operators ask."""
MINUTE: Final = 60


class Limiting:
    """Counts requests, and answers 429 beyond the limit."""

    def __init__(self, app: ASGIApp, per_minute: int, cookie: str) -> None:
        self._app = app
        self._item: RateLimitItem = RateLimitItemPerMinute(per_minute)
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._policy = f'"caller";q={per_minute};w={MINUTE}'
        self._cookie = cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request pass, or refuse it."""
        if scope["type"] != "http" or _first_part(scope) in FREE:
            await self._app(scope, receive, send)
            return
        address = f"address:{scope['client'][0] if scope.get('client') else ''}"
        caller = self._credential(scope)
        wrong = f"wrong:{address}"
        guessing = caller is not None and not self._limiter.test(self._item, wrong)
        counted = wrong if guessing else caller or address
        allowed = not guessing and self._limiter.hit(self._item, counted)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                if caller is not None and _was_wrong(caller, message["status"]):
                    self._limiter.hit(self._item, wrong)
                self._tell(message, counted)
            await send(message)

        if allowed:
            await self._app(scope, receive, send_with_headers)
            return
        log.info("problem", status=429, kind="Limiting")
        wait = self._wait(counted)
        refusal = answer(
            Request(scope),
            429,
            "Too many requests",
            f"More than {self._item.amount} requests in a minute. Try again in {wait} seconds.",
            headers={"Retry-After": str(wait)},
        )
        await refusal(scope, receive, send_with_headers)

    def _wait(self, counted: str) -> int:
        """Seconds until the next request is taken."""
        reset = self._limiter.get_window_stats(self._item, counted).reset_time
        return min(max(1, math.ceil(reset - time.time())), MINUTE)

    def _tell(self, message: Message, counted: str) -> None:
        """Say what is left (draft-ietf-httpapi-ratelimit-headers)."""
        left = max(0, self._limiter.get_window_stats(self._item, counted).remaining)
        headers = MutableHeaders(scope=message)
        headers["RateLimit-Policy"] = self._policy
        headers["RateLimit"] = f'"caller";r={left};t={self._wait(counted)}'

    def _credential(self, scope: Scope) -> str | None:
        """What the request names itself with, hashed: secrets do not stay in memory. None: nothing."""
        headers = Headers(scope=scope)
        authorization = headers.get("authorization", "")
        if authorization.lower().startswith("bearer "):
            return _hashed("bearer", authorization[7:].strip())
        try:
            morsel = SimpleCookie(headers.get("cookie", "")).get(self._cookie)
        except CookieError:
            morsel = None
        if morsel is not None and morsel.value:
            return _hashed("session", morsel.value)
        parts = scope["path"].split("/")
        if len(parts) > 2 and parts[1] in PRIVATE_PARTS:
            return _hashed("link", parts[2])
        if parts[1:3] == ["hooks", "in"] and len(parts) > 3:
            return _hashed("hook", parts[3])  # not the address: a forge has few, for all that it hosts
        return None


def _was_wrong(caller: str, status: int) -> bool:
    """Whether the answer says that there is no such token, session or link."""
    if caller.startswith(
        "hook:"
    ):  # a forgery must not close the door to the forge whose address it came from
        return status == 404
    return status == 401 or (caller.startswith("link:") and status in {404, 410})


def _first_part(scope: Scope) -> str:
    return str(scope["path"]).split("/", 2)[1] if "/" in scope["path"] else ""


def _hashed(kind: str, secret: str) -> str:
    return f"{kind}:{hashlib.sha256(secret.encode('utf-8', 'surrogatepass')).hexdigest()}"
