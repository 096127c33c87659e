"""What every request passes: an id, a log line, security headers, and the check of where unsafe requests come from.

Pure ASGI, because starlette's BaseHTTPMiddleware does not see the answers of the 500 handler.
"""

from __future__ import annotations

import secrets
import time
from typing import Final
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.patience import patient

log = structlog.get_logger()

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), browsing-topics=()",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}
"""A response that sets one of these itself keeps its own."""
PRIVATE_PARTS: Final = frozenset({"i", "enter"})
"""First parts of paths whose second part is a secret: the log has a star for it."""


class Edge:
    """The outermost layer of the application."""

    def __init__(self, app: ASGIApp, base_url: str) -> None:
        self._app = app
        self._host = urlsplit(base_url).netloc
        self._secure = base_url.startswith("https://")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = secrets.token_hex(8)
        scope["request_id"] = request_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.monotonic()
        status = 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers["X-Request-Id"] = request_id
                if self._secure:
                    headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
            await send(message)

        try:
            if self._foreign(scope):
                await _refuse(send_with_headers)
            else:
                await self._app(scope, patient(receive), send_with_headers)
        finally:
            seconds = round(time.monotonic() - started, 4)
            log.info(
                "request", method=scope["method"], path=_shown(scope["path"]), status=status, seconds=seconds
            )

    def _foreign(self, scope: Scope) -> bool:
        """Whether a browser sends an unsafe request on behalf of another site (as Go's CrossOriginProtection)."""
        headers = Headers(scope=scope)
        if scope["method"] in SAFE or headers.get("authorization", "").lower().startswith("bearer "):
            return False
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site not in {"same-origin", "none"}
        origin = headers.get("origin")
        if origin is None:
            return False  # no browser: nothing that it could have been tricked into
        return urlsplit(origin).netloc not in {self._host, headers.get("host", "")}


async def _refuse(send: Send) -> None:
    body = b"This request came from another site. Open the page here and try again.\n"
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _shown(path: str) -> str:
    parts = path.split("/")
    if len(parts) > 2 and parts[1] in PRIVATE_PARTS:
        parts[2] = "*"
    return "/".join(parts)
