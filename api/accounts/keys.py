"""API tokens: made, looked up, revoked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.accounts.tables import ApiToken, User
from api.audit.log import Actor, record
from api.database.base import new_id
from api.problems import Invalid, NotSignedIn
from api.tokens import API, hash_of, make_token


class Scope(StrEnum):
    """What a token may open."""

    SUBMIT = "submissions:write"
    READ = "submissions:read"
    INVITE = "invitations:write"
    PUBLISH = "takehomes:write"
    TAKEHOMES = "takehomes:read"
    REVIEW = "reviews:write"
    ADMIN = "admin"


def make_key(
    session: Session,
    user: User,
    name: str,
    scopes: Iterable[str],
    now: datetime,
    by: Actor,
    expires_at: datetime | None = None,
) -> tuple[ApiToken, str]:
    """A new token: its row, and the token itself, which is shown once.

    Raises:
        Invalid: no name, no or an unknown scope, or an end in the past.
    """
    wanted = sorted(set(scopes))
    unknown = [scope for scope in wanted if scope not in list(Scope)]
    if unknown or not wanted:
        known = ", ".join(Scope)
        raise Invalid("A token needs scopes.", errors={"scopes": f"choose from {known}"})
    if not name.strip() or len(name) > 200:
        raise Invalid("A token needs a name.", errors={"name": "1 to 200 characters"})
    if expires_at is not None and expires_at <= now:
        raise Invalid("The token would have run out already.", errors={"expires_at": "must be in the future"})
    token = make_token(API)
    row = ApiToken(
        id=new_id(),
        name=name.strip(),
        prefix=token[:12],
        token_hash=hash_of(token),
        scopes=wanted,
        created_by=user.id,
        created_at=now,
        expires_at=expires_at,
    )
    session.add(row)
    record(session, by, "token.made", ("token", row.id), now, name=row.name, scopes=wanted)
    return row, token


def key_of(session: Session, token: str, now: datetime) -> ApiToken:
    """The row of a token that is valid now.

    Raises:
        NotSignedIn: it is unknown, revoked or has run out, or whoever made it is disabled.
    """
    row = session.scalar(
        select(ApiToken)
        .join(User, User.id == ApiToken.created_by)
        .where(ApiToken.token_hash == hash_of(token), User.disabled_at.is_(None))
    )
    if row is None or row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now):
        raise NotSignedIn("This token is unknown, revoked or has run out.")
    if row.last_used_at is None or now - row.last_used_at > timedelta(minutes=1):
        row.last_used_at = now
    return row


def revoke_key(session: Session, row: ApiToken, now: datetime, by: Actor) -> None:
    """Make a token useless at once."""
    if row.revoked_at is None:
        row.revoked_at = now
        record(session, by, "token.revoked", ("token", row.id), now, name=row.name)
