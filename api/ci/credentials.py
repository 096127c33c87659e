"""What private repositories are fetched with: set for a beginning of addresses, sent to no other, never shown again."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.audit.log import Actor, record
from api.ci.addresses import BadAddress, allowed_beginnings
from api.ci.tables import CiCredential
from api.database.base import new_id
from api.fetching import Credential, Login, SshKey
from api.hooks.secrets import Safe, SecretUnreadable
from api.problems import Conflict, Invalid, NotFound

MOST_CREDENTIALS: Final = 100
LONGEST_LINE: Final = 200
LONGEST_TOKEN: Final = 1000
LONGEST_KEY: Final = 20_000
"""Characters of a private key, and of the keys of a host."""
USED_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class Wish:
    """What somebody wants repositories to be fetched with: a token for https, a key and those of the host for ssh."""

    beginning: str
    user: str = ""
    token: str = field(default="", repr=False)
    private_key: str = field(default="", repr=False)
    known_hosts: str = ""


def set_credential(
    session: Session, safe: Safe, wish: Wish, allowed: str, by: Actor, now: datetime
) -> CiCredential:
    """Fetch repositories whose address begins so with this from now on, whatever they were fetched with before.

    `allowed`: the setting that says which repositories may be fetched.

    Raises:
        Invalid: a field is wrong.
        Conflict: there are too many.
    """
    beginning = _beginning(wish.beginning, allowed)
    is_ssh = beginning.startswith("ssh:")
    errors, fingerprint = _wrong_key(wish, beginning) if is_ssh else (_wrong_token(wish), "")
    if errors:
        raise Invalid("This is not what repositories can be fetched with.", errors=errors)
    row = session.scalar(select(CiCredential).where(CiCredential.beginning == beginning).with_for_update())
    if row is None:
        if (session.scalar(select(func.count()).select_from(CiCredential)) or 0) >= MOST_CREDENTIALS:
            raise Conflict(f"There are {MOST_CREDENTIALS}: remove one that nobody needs.")
        row = CiCredential(id=new_id(), beginning=beginning)
        session.add(row)
    row.user = "" if is_ssh else wish.user
    row.secret = safe.seal(f"{wish.private_key.strip()}\n" if is_ssh else wish.token)
    row.known_hosts, row.fingerprint = (wish.known_hosts.strip() if is_ssh else ""), fingerprint
    row.set_by, row.set_at, row.last_used_at = by.name[:200], now, None
    session.flush()
    record(session, by, "credential.set", ("credential", row.id), now, beginning=beginning, user=row.user)
    return row


def all_credentials(session: Session) -> Sequence[CiCredential]:
    """Every one, by its addresses."""
    return session.scalars(select(CiCredential).order_by(CiCredential.beginning)).all()


def remove_credential(session: Session, identity: uuid.UUID, by: Actor, now: datetime) -> None:
    """Forget it. What was fetched with it stays.

    Raises:
        NotFound: there is none.
    """
    row = session.get(CiCredential, identity, with_for_update=True)
    if row is None:
        raise NotFound("There is no such credential.")
    record(session, by, "credential.removed", ("credential", row.id), now, beginning=row.beginning)
    session.delete(row)


def row_for(session: Session, url: str) -> CiCredential | None:
    """That of a plain address (`plain_address`): of the longest beginning that it has; None where there is none."""
    return session.scalar(
        select(CiCredential)
        .where(func.starts_with(url, CiCredential.beginning))  # not LIKE: to that, a _ is any character
        .order_by(func.length(CiCredential.beginning).desc())
        .limit(1)
    )


def credential_for(session: Session, safe: Safe, url: str, now: datetime) -> Credential | None:
    """What is sent to the host of a plain address, and to nobody else; None where nothing is set.

    Raises:
        SecretUnreadable: it was sealed with another key.
    """
    row = row_for(session, url)
    if row is None:
        return None
    try:
        secret = safe.open(row.secret)
    except SecretUnreadable as error:
        raise SecretUnreadable(
            f"What {row.beginning} is fetched with was stored under another GRADER_SECRET_KEY and cannot be read. "
            "An administrator has to set it again."
        ) from error
    if row.last_used_at is None or now - row.last_used_at > USED_EVERY:
        row.last_used_at = now
    return SshKey(secret, f"{row.known_hosts}\n") if row.known_hosts else Login(row.user, secret)


def _beginning(given: str, allowed: str) -> str:
    """In the form in which addresses are compared.

    Raises:
        Invalid: it is no beginning, or no repository that may be fetched has it.
    """
    try:
        found = allowed_beginnings(given)
    except BadAddress as wrong:
        raise Invalid("The beginning of addresses is not right.", errors={"beginning": str(wrong)}) from wrong
    if len(found) != 1:
        raise Invalid("The beginning of addresses is not right.", errors={"beginning": "give exactly one"})
    if not any(one.startswith(found[0]) or found[0].startswith(one) for one in allowed_beginnings(allowed)):
        raise Invalid(
            "Nothing is fetched from there.",
            errors={
                "beginning": "no repository that may be fetched begins so: an operator sets GRADER_CI__REPOSITORIES"
            },
        )
    return found[0]


def _wrong_token(wish: Wish) -> dict[str, str]:
    errors = {}
    if wish.private_key or wish.known_hosts:
        errors["private_key"] = "is for addresses with ssh://"
    if not wish.token or len(wish.token) > LONGEST_TOKEN or not _is_plain(wish.token):
        errors["token"] = f"1 to {LONGEST_TOKEN} letters, digits and signs of ASCII"
    if len(wish.user) > LONGEST_LINE or ":" in wish.user or not _is_plain(wish.user):
        errors["user"] = f"at most {LONGEST_LINE} letters, digits and signs of ASCII, without a colon"
    return errors


def _wrong_key(wish: Wish, beginning: str) -> tuple[dict[str, str], str]:
    """What is wrong, and the fingerprint of the key where nothing is."""
    # Half a second of imports that a service without ssh keys does not need.
    import asyncssh

    errors, fingerprint = {}, ""
    if wish.token or wish.user:
        errors["token"] = "is for addresses with https://; the user of ssh stands in the address"  # noqa: S105 -- a message
    try:
        if len(wish.private_key) > LONGEST_KEY or not wish.private_key.isascii():
            raise ValueError
        fingerprint = asyncssh.import_private_key(f"{wish.private_key.strip()}\n").get_fingerprint()
    except ValueError:
        errors["private_key"] = "must be a private key without a passphrase, in OpenSSH or PEM form"
    place = urlsplit(beginning)
    host = place.hostname or ""
    name = f"[{host}]:{place.port}" if place.port else host
    try:
        if len(wish.known_hosts) > LONGEST_KEY or not wish.known_hosts.isascii() or "\0" in wish.known_hosts:
            raise ValueError
        if not asyncssh.import_known_hosts(f"{wish.known_hosts.strip()}\n").match(host, "", place.port)[0]:
            errors["known_hosts"] = f"holds no key of {name}"
    except ValueError:
        errors["known_hosts"] = f"must be lines of ssh's known_hosts: {name} ssh-ed25519 AAAA…"
    return errors, fingerprint


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable()
