"""Errors as answers: application/problem+json for programs (RFC 9457), a page for people, an id that is in the log."""

from __future__ import annotations

from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import DataError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.pages import page
from api.problems import NotSignedIn, Problem
from grader.formats.visible import one_line, visible

log = structlog.get_logger()

_TITLES = {
    400: "Bad request",
    404: "Not found",
    405: "Method not allowed",
    413: "Too large",
    415: "Wrong type",
}

_DETAILS = {
    400: "The body cannot be read: it is no valid JSON in UTF-8, or it is nested too deeply.",
    404: "There is nothing at this address.",
    413: "The body is larger than this address takes.",
}


def add_handlers(app: FastAPI) -> None:
    """Answer every kind of error."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    for kind in (OperationalError, InterfaceError, NoConnection):
        app.add_exception_handler(kind, _database_away)
    app.add_exception_handler(DataError, _unstorable)


def request_id_of(request: Request) -> str:
    """The id that the request has in the log."""
    return str(request.scope.get("request_id", ""))


def answer(
    request: Request,
    status: int,
    title: str,
    detail: str,
    *,
    errors: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
    members: dict[str, str] | None = None,
) -> Response:
    """One error, in the form that the caller reads."""
    given = headers or {}
    wants_json = request.headers.get("accept", "").startswith("application/json")  # a script of our pages
    if not request.url.path.startswith("/api/") and not wants_json:
        return page(
            request,
            "error.html.j2",
            {"title": title, "detail": detail, "errors": errors or {}, "status": status},
            status=status,
            headers=given,
        )
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": visible(detail),
        "error_id": request_id_of(request),
        **(members or {}),
    }
    if errors:
        body["errors"] = errors
    return JSONResponse(body, status, headers=given, media_type="application/problem+json")


def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after is not None else {}
    if error.status == 413:
        headers["Connection"] = "close"  # else the server would go on taking what it throws away
    if isinstance(error, NotSignedIn):
        if not request.url.path.startswith("/api/"):
            from api.http.access import to_sign_in

            return to_sign_in(request)
        headers["WWW-Authenticate"] = "Bearer"
    log.info("problem", status=error.status, kind=type(error).__name__)
    return answer(
        request,
        error.status,
        error.title,
        error.detail,
        errors=error.errors,
        headers=headers,
        members=error.members,
    )


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = dict(_told(one) for one in error.errors())
    log.info("problem", status=422, kind="RequestValidationError")
    listed = "; ".join(f"{field}: {message}" for field, message in errors.items())
    return answer(request, 422, "Not valid", f"The request is not valid. {listed}", errors=errors)


def _told(one: dict[str, Any]) -> tuple[str, str]:
    """Name the field and what is wrong with it; a name that the caller made up may hold anything."""
    location = one["loc"]
    if one["type"] == "json_invalid":
        return "body", one_line(f"no valid JSON: {one['ctx']['error']}, at character {location[-1]}")
    name = ".".join(str(part) for part in location[1:]) or str(location[0])
    return one_line(name), one_line(str(one["msg"]))


def _unstorable(request: Request, error: Exception) -> Response:
    """PostgreSQL refuses NUL characters and numbers beyond its types; whoever sent them can mend it."""
    log.warning("the database refused a value", kind=type(error).__name__)
    detail = (
        "Something that was sent cannot be stored: a NUL character, or a number or date that is too large."
    )
    return answer(request, 422, "Not valid", detail)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    title = _TITLES.get(error.status_code, "Error")
    detail = _DETAILS.get(error.status_code, str(error.detail))
    log.info("problem", status=error.status_code, kind="HTTPException")
    return answer(request, error.status_code, title, detail, headers=dict(error.headers or {}))


def _database_away(request: Request, error: Exception) -> Response:
    """It restarts, or all connections are in use: nothing was stored, and the same request may be sent again."""
    log.warning("the database failed", kind=type(error).__name__)
    detail = "The service cannot reach its database at the moment. Nothing was stored: try again."
    return answer(request, 503, "Busy", detail, headers={"Retry-After": "5"})


def _unexpected(request: Request, error: Exception) -> Response:
    log.error("unexpected error", exc_info=error)
    detail = f"This is our fault. It was logged as {request_id_of(request)}: tell your administrator that id."
    return answer(request, 500, "Something went wrong", detail)


class Unexpected:
    """Answers what nobody foresaw. Inside `Edge`: starlette's own handler is outside, past headers, ids and the log."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception as error:
            if scope["type"] != "http" or begun:
                raise
            await _unexpected(Request(scope), error)(scope, receive, send)


class TooLargeAsProblem:
    """The framework refuses a body that is too large in plain text, past all handlers: here it gets our form."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        replaced = False

        async def send_in_our_form(message: Message) -> None:
            nonlocal replaced
            if message["type"] == "http.response.start" and message["status"] == 413:
                replaced = dict(message["headers"]).get(b"content-type", b"").startswith(b"text/plain")
                if replaced:
                    log.info("problem", status=413, kind="body")
                    close = {"Connection": "close"}
                    refusal = answer(Request(scope), 413, _TITLES[413], _DETAILS[413], headers=close)
                    await refusal(scope, receive, send)
            if not replaced:
                await send(message)

        await self._app(scope, receive, send_in_our_form)
