"""Errors as answers: application/problem+json for programs (RFC 9457), a page for people, an id that is in the log."""

from __future__ import annotations

from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from starlette.exceptions import HTTPException

from api.http.pages import page
from api.problems import NotSignedIn, Problem

log = structlog.get_logger()

_TITLES = {
    400: "Bad request",
    404: "Not found",
    405: "Method not allowed",
    413: "Too large",
    415: "Wrong type",
}


def add_handlers(app: FastAPI) -> None:
    """Answer every kind of error."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    for kind in (OperationalError, InterfaceError, NoConnection):
        app.add_exception_handler(kind, _database_away)
    app.add_exception_handler(Exception, _unexpected)


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
        "detail": detail,
        "error_id": request_id_of(request),
    }
    if errors:
        body["errors"] = errors
    return JSONResponse(body, status, headers=given, media_type="application/problem+json")


def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after is not None else {}
    if isinstance(error, NotSignedIn):
        if not request.url.path.startswith("/api/"):
            from api.http.access import to_sign_in

            return to_sign_in(request)
        headers["WWW-Authenticate"] = "Bearer"
    log.info("problem", status=error.status, kind=type(error).__name__)
    return answer(request, error.status, error.title, error.detail, errors=error.errors, headers=headers)


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = {
        ".".join(str(part) for part in one["loc"][1:]) or str(one["loc"][0]): str(one["msg"])
        for one in error.errors()
    }
    listed = "; ".join(f"{field}: {message}" for field, message in errors.items())
    return answer(request, 422, "Not valid", f"The request is not valid. {listed}", errors=errors)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    title = _TITLES.get(error.status_code, "Error")
    detail = str(error.detail)
    if error.status_code == 404:
        detail = "There is nothing at this address."
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
