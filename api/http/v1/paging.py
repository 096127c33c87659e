"""Keyset pages: the cursor names the last row of a page, so a page costs the same wherever it lies."""

from __future__ import annotations

import base64
import binascii
import uuid
from typing import Annotated, Final

from fastapi import Query, Request, Response

from api.problems import Invalid

MOST: Final = 200
USUAL: Final = 50

Limit = Annotated[int, Query(ge=1, le=MOST, description="Rows of a page.")]
Cursor = Annotated[
    str | None,
    Query(max_length=100, description="Opaque; taken from `next` of the page before."),
]


def position(cursor: str | None) -> uuid.UUID | None:
    """The id that a cursor names: rows before it are wanted.

    Raises:
        Invalid: it is no cursor of ours.
    """
    if cursor is None:
        return None
    try:
        raw = base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True)
        if len(raw) != 16 or cursor_of(uuid.UUID(bytes=raw)) != cursor:
            raise ValueError
        return uuid.UUID(bytes=raw)
    except (ValueError, UnicodeEncodeError, binascii.Error) as error:
        message = "take it from `next` of the page before, unchanged"
        raise Invalid("The cursor is not one of ours.", errors={"cursor": message}) from error


def cursor_of(identity: uuid.UUID) -> str:
    """The cursor behind the row `identity`."""
    return base64.urlsafe_b64encode(identity.bytes).decode("ascii")


def link_to_next(request: Request, response: Response, last: uuid.UUID | None) -> str | None:
    """The address of the next page (None: there is none), also put into the Link header (RFC 8288)."""
    if last is None:
        return None
    query = request.url.include_query_params(cursor=cursor_of(last)).query
    address = f"{request.url.path}?{query}"
    response.headers["Link"] = f'<{address}>; rel="next"'
    return address
