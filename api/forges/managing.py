"""What administrators do with connections. Each change is in the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.audit.log import Actor, record
from api.database.base import new_id
from api.forges.interface import Trigger
from api.forges.tables import ForgeConnection, ForgeKind
from api.hooks.outside import NotAllowed, Outside
from api.hooks.secrets import Safe, make_secret, replace_secret
from api.problems import Conflict, Invalid

MOST_CONNECTIONS: Final = 50
LONGEST_SECRET: Final = 200
SHORTEST_SECRET: Final = 16
USUAL: Final = {
    ForgeKind.GITHUB: ("https://github.com", "https://api.github.com"),
    ForgeKind.GITLAB: ("https://gitlab.com", "https://gitlab.com/api/v4"),
    ForgeKind.GITEA: ("https://codeberg.org", "https://codeberg.org/api/v1"),
}
"""Addresses where none are given: of repositories, of the API."""
OWN: Final = {ForgeKind.GITHUB: "/api/v3", ForgeKind.GITLAB: "/api/v4", ForgeKind.GITEA: "/api/v1"}
"""Where the API of an instance of one's own is."""
TRIGGERS: Final = (Trigger.PUSH.value, Trigger.PULL_REQUEST.value)
"""Where none are chosen."""


@dataclass(frozen=True)
class Wish:
    """What somebody wants a connection to be."""

    kind: str
    description: str = ""
    web_url: str = ""
    """Empty: the forge's public instance."""
    api_url: str = ""
    """Empty: where the instance at `web_url` usually has it."""
    app_id: str = ""
    private_key: str | None = field(default=None, repr=False)
    """None: as before; empty: none."""
    token: str | None = field(default=None, repr=False)
    """None: as before; empty: none."""
    triggers: Sequence[str] = TRIGGERS


def add_connection(
    session: Session,
    outside: Outside,
    safe: Safe,
    wish: Wish,
    by: Actor,
    now: datetime,
    *,
    secret: str = "",
) -> tuple[ForgeConnection, str]:
    """A new connection, and its secret, which is shown once. `secret` where the forge has made it.

    Raises:
        Invalid: a field is wrong.
        Conflict: there are too many.
    """
    errors = _wrong_secret(secret)
    kind, web_url, api_url = _checked(outside, wish, errors, before=None)
    if (session.scalar(select(func.count()).select_from(ForgeConnection)) or 0) >= MOST_CONNECTIONS:
        raise Conflict(f"There are {MOST_CONNECTIONS} connections: remove one that nobody needs.")
    made = secret or make_secret()
    connection = ForgeConnection(
        id=new_id(),
        kind=kind.value,
        web_url=web_url,
        api_url=api_url,
        secret=safe.seal(made),
        created_by=by.name[:200],
        created_at=now,
    )
    _apply(safe, connection, wish)
    session.add(connection)
    session.flush()
    subject = ("forge", connection.id)
    record(session, by, "forge.added", subject, now, kind=kind.value, web_url=web_url, api_url=api_url)
    return connection, made


def change_connection(
    session: Session,
    outside: Outside,
    safe: Safe,
    connection: ForgeConnection,
    wish: Wish,
    by: Actor,
    now: datetime,
) -> None:
    """Change everything but the kind and the secret.

    Raises:
        Invalid: a field is wrong.
    """
    _, connection.web_url, connection.api_url = _checked(outside, wish, {}, before=connection)
    _apply(safe, connection, wish)
    record(
        session,
        by,
        "forge.changed",
        ("forge", connection.id),
        now,
        web_url=connection.web_url,
        api_url=connection.api_url,
        access=[name for name in ("token", "private_key") if getattr(wish, name) is not None],
    )


def rotate(
    session: Session,
    safe: Safe,
    connection: ForgeConnection,
    hours: int,
    by: Actor,
    now: datetime,
    *,
    secret: str = "",
) -> str:
    """Put a new secret in force, which is shown once; for `hours` more the one before is taken as well.

    Raises:
        Invalid: as `replace_secret`, or the secret is none.
    """
    if errors := _wrong_secret(secret):
        raise Invalid("The secret was not replaced.", errors=errors)
    made = secret or make_secret()
    replace_secret(safe, connection, made, hours, now)
    record(session, by, "forge.rotated", ("forge", connection.id), now, old_is_taken_hours=hours)
    return made


def remove_connection(session: Session, connection: ForgeConnection, by: Actor, now: datetime) -> None:
    """Remove a connection with its links to invitations and its log. Submissions stay."""
    record(session, by, "forge.removed", ("forge", connection.id), now, web_url=connection.web_url)
    session.delete(connection)


def _wrong_secret(secret: str) -> dict[str, str]:
    right = not secret or (
        SHORTEST_SECRET <= len(secret) <= LONGEST_SECRET and secret.isascii() and secret.isprintable()
    )
    words = f"{SHORTEST_SECRET} to {LONGEST_SECRET} letters, digits and signs of ASCII; empty: one is made"
    return {} if right else {"secret": words}


def _checked(
    outside: Outside, wish: Wish, errors: dict[str, str], *, before: ForgeConnection | None
) -> tuple[ForgeKind, str, str]:
    """Kind and addresses.

    Raises:
        Invalid: a field is wrong.
    """
    if wish.kind not in list(ForgeKind):
        raise Invalid("There is no such forge.", errors={"kind": "choose from " + ", ".join(ForgeKind)})
    kind = ForgeKind(wish.kind)
    web_url = wish.web_url.strip().rstrip("/") or USUAL[kind][0]
    usual = USUAL[kind][1] if web_url == USUAL[kind][0] else web_url + OWN[kind]
    api_url = wish.api_url.strip().rstrip("/") or usual
    for name, url in (("web_url", web_url), ("api_url", api_url)):
        try:
            parts = outside.check(url)
            if parts.query or len(url) > 400:
                errors[name] = "an address without a query, of at most 400 characters"
        except NotAllowed as refused:
            errors[name] = str(refused)
    if len(wish.description.strip()) > 200 or not wish.description.isprintable():
        errors["description"] = "at most 200 characters, in one line"
    unknown = set(wish.triggers) - set(Trigger)
    if unknown or not wish.triggers:
        errors["triggers"] = "choose at least one from " + ", ".join(Trigger)
    _check_access(wish, kind, errors, before)
    if errors:
        listed = "; ".join(f"{name}: {text}" for name, text in errors.items())
        raise Invalid(f"The connection is not right. {listed}", errors=errors)
    return kind, web_url, api_url


def _check_access(
    wish: Wish, kind: ForgeKind, errors: dict[str, str], before: ForgeConnection | None
) -> None:
    if wish.token and not (len(wish.token) <= 1000 and wish.token.isascii() and wish.token.isprintable()):
        errors["token"] = "letters, digits and signs of ASCII"  # noqa: S105 -- a message
    app = wish.app_id.strip()
    if app and kind is not ForgeKind.GITHUB:
        errors["app_id"] = "only GitHub has Apps: use a token"
    if len(app) > 80 or not (app.isascii() and app.isprintable()):
        errors["app_id"] = "the App's id or client id"
    has_key = bool(wish.private_key) or (
        wish.private_key is None and before is not None and before.private_key is not None
    )
    if bool(app) != has_key:
        errors["private_key"] = "an App's id and its private key belong together"
    if wish.private_key and not _is_key(wish.private_key):
        errors["private_key"] = "must be the PEM file that GitHub gave, with its first and last line"


def _is_key(pem: str) -> bool:
    try:
        return len(pem) <= 20_000 and pem.isascii() and RSAKey.import_key(pem.strip() + "\n").is_private
    except (JoseError, ValueError, TypeError):
        return False


def _apply(safe: Safe, connection: ForgeConnection, wish: Wish) -> None:
    connection.description = wish.description.strip()
    connection.app_id = wish.app_id.strip()
    connection.triggers = [one.value for one in Trigger if one.value in set(wish.triggers)]
    if wish.private_key is not None:
        connection.private_key = safe.seal(wish.private_key.strip() + "\n") if wish.private_key else None
    if wish.token is not None:
        connection.token = safe.seal(wish.token) if wish.token else None
