"""Answers: what a route may say beside its result, tags by which pollers save bytes, downloads that cannot run."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel

PROBLEM: Final = "application/problem+json"
WORDS: Final = {
    400: "The body cannot be read.",
    401: "No token, or one that is unknown, revoked or has run out.",
    403: "The token has not the scope, or a browser asked on behalf of another site.",
    404: "There is no such thing.",
    408: "The body stopped coming, or came too slowly.",
    409: "The thing is in a state that does not allow it.",
    410: "It is no longer there.",
    413: "Larger than allowed.",
    415: "A body of a type that is not taken here.",
    422: "A parameter or the body is not valid; `errors` says where.",
    429: "Too often; `Retry-After` says when to ask again.",
    500: "Our fault; `error_id` is in our log.",
    503: "We cannot take it now; `Retry-After` says when to ask again.",
}
ALWAYS: Final = (401, 403, 422, 429, 500)
"""What every route may say."""
NOT_MODIFIED: Final[dict[int | str, dict[str, Any]]] = {
    304: {"description": "It is what `If-None-Match` names."}
}
_AGAIN = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The documentation of answers that are problems."""
    found: dict[int | str, dict[str, Any]] = {}
    for status in statuses:
        schema = {"$ref": "#/components/schemas/Problem"}
        found[status] = {"description": WORDS[status], "content": {PROBLEM: {"schema": schema}}}
        if status in {429, 503}:
            found[status]["headers"] = _AGAIN
    return found


def tagged(
    request: Request,
    content: BaseModel | bytes,
    media_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    """Answer with `content` and its ETag; 304 without a body where the caller has just that."""
    body = content.model_dump_json().encode() if isinstance(content, BaseModel) else content
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    sent = {"ETag": tag, "Cache-Control": "private, no-cache", **(headers or {})}
    if request.method in {"GET", "HEAD"} and _has(request, tag):
        return Response(status_code=304, headers=sent)
    return Response(body, status, headers=sent, media_type=media_type)


def _has(request: Request, tag: str) -> bool:
    named = request.headers.get("if-none-match", "")
    return any(one.strip().removeprefix("W/") in {tag, "*"} for one in named.split(","))


def attachment(file_name: str) -> dict[str, str]:
    """Headers of a download: saved, never shown, and without any rights should it be opened after all.

    `file_name` is made by us: nothing that a candidate named goes into a header.
    """
    return {
        "Content-Disposition": f'attachment; filename="{file_name}"',
        "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
    }
