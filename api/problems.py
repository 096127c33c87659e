"""What can go wrong for a caller, as one tree. HTTP turns each into an answer (RFC 9457), pages into a message.

Problem
├── NotFound        404  no such thing, or not for this caller: the two look the same
├── Forbidden       403  signed in, but not allowed
├── NotSignedIn     401  no or wrong credentials
├── Invalid         422  what was sent is wrong; `errors` says where
├── Conflict        409  the thing is in a state that does not allow it
├── Gone            410  was there, is not any more: a link that ran out or was revoked
├── TooLarge        413  above a limit that the message names
├── WrongType       415  a body of a type that is not taken here
├── TooMany         429  too often; `retry_after` seconds
└── Busy            503  we cannot take it now; `retry_after` seconds
"""

from __future__ import annotations

from typing import ClassVar


class Problem(Exception):
    """Base of the tree. The message is for people: what, where, what to do next. No candidate bytes unescaped."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something went wrong"

    def __init__(
        self,
        detail: str,
        *,
        errors: dict[str, str] | None = None,
        retry_after: int | None = None,
        members: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = errors or {}
        """Field → what is wrong with it."""
        self.retry_after = retry_after
        self.members = members or {}
        """What programs want to know beside the message, such as the state that a thing is in."""


class NotFound(Problem):
    status = 404
    title = "Not found"


class Forbidden(Problem):
    status = 403
    title = "Not allowed"


class NotSignedIn(Problem):
    status = 401
    title = "Not signed in"


class Invalid(Problem):
    status = 422
    title = "Not valid"


class TooSlow(Problem):
    status = 408
    title = "Too slow"


class Conflict(Problem):
    status = 409
    title = "Not possible now"


class Gone(Problem):
    status = 410
    title = "No longer available"


class TooLarge(Problem):
    status = 413
    title = "Too large"


class WrongType(Problem):
    status = 415
    title = "Wrong type"


class TooMany(Problem):
    status = 429
    title = "Too many requests"


class Busy(Problem):
    status = 503
    title = "Busy"
