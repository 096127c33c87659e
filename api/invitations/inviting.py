"""Inviting candidates, and finding the invitation behind a link."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from api.audit.log import Actor, announce, record
from api.database.base import new_id
from api.invitations.tables import Candidate, Invitation
from api.problems import Conflict, Invalid, NotFound
from api.takehomes.reading import levels
from api.takehomes.tables import Feedback, Takehome
from api.tokens import INVITATION, hash_of, make_token


@dataclass(frozen=True)
class Terms:
    """What is agreed with a candidate. None takes the take-home's own."""

    opens_at: datetime | None = None
    closes_at: datetime | None = None
    window_minutes: int | None = None
    """None and no closes_at: the take-home's window."""
    extra_minutes: int = 0
    extra_reason: str = ""
    time_zone: str = "UTC"
    max_attempts: int | None = None
    feedback: Feedback | None = None
    level: str | None = None


def invite(
    session: Session,
    takehome: Takehome,
    name: str,
    email: str,
    terms: Terms,
    by: Actor,
    now: datetime,
    *,
    reference: str = "",
) -> tuple[Invitation, str]:
    """Invite a candidate; returns the invitation and the token of its link, which is stored as a hash only.

    Raises:
        Invalid: a field is wrong.
        Conflict: the take-home has no version that passed its check, or is archived.
    """
    checked(session, takehome, name, email, terms, now)
    address = email.strip().lower()
    candidate = session.scalar(
        select(Candidate).where(Candidate.email == address, Candidate.anonymised_at.is_(None)).limit(1)
    )
    if candidate is None:
        candidate = Candidate(
            id=new_id(), name=name.strip(), email=address, reference=reference[:200], created_at=now
        )
        session.add(candidate)
    token = make_token(INVITATION)
    window = terms.window_minutes
    if window is None and terms.closes_at is None:
        window = takehome.window_hours * 60
    invitation = Invitation(
        id=new_id(),
        takehome_id=takehome.id,
        candidate_id=candidate.id,
        token_hash=hash_of(token),
        level=terms.level,
        opens_at=terms.opens_at,
        closes_at=terms.closes_at,
        window_minutes=window,
        extra_minutes=terms.extra_minutes,
        extra_reason=terms.extra_reason,
        time_zone=terms.time_zone,
        max_attempts=terms.max_attempts or takehome.max_attempts,
        feedback=(terms.feedback or Feedback(takehome.feedback)).value,
        created_by=by.name,
        created_at=now,
    )
    session.add(invitation)
    session.flush()
    record(session, by, "invitation.made", ("invitation", invitation.id), now, takehome=takehome.name)
    announce(session, "invitation.made", invitation.id, now, takehome=takehome.name)
    return invitation, token


def checked(session: Session, takehome: Takehome, name: str, email: str, terms: Terms, now: datetime) -> None:
    """Whether such an invitation can be made.

    Raises:
        Invalid, Conflict: as `invite`.
    """
    if takehome.archived_at is not None or takehome.suite_id is None:
        raise Conflict(
            f"{takehome.title} cannot be given out: it is archived or no version of it has passed its check."
        )
    _check(name, email, terms, now)
    known = levels(session, takehome)
    if terms.level is not None and terms.level not in known:
        choices = "choose from " + ", ".join(known) if known else "the rubric in force has no levels"
        raise Invalid(f"There is no level {terms.level!r}.", errors={"level": choices})


def _check(name: str, email: str, terms: Terms, now: datetime) -> None:
    errors = {}
    if not name.strip() or len(name) > 200 or not _one_line(name):
        errors["name"] = "1 to 200 characters in one line"
    if "@" not in email.strip()[1:-1] or len(email) > 320 or not _is_word(email.strip()):
        errors["email"] = "must look like name@example.com"
    if terms.closes_at is not None and terms.closes_at <= max(now, terms.opens_at or now):
        errors["closes_at"] = "must lie in the future, and after the start"
    if terms.window_minutes is not None and not 5 <= terms.window_minutes <= 60 * 24 * 90:
        errors["window_minutes"] = "5 minutes to 90 days"
    if not 0 <= terms.extra_minutes <= 60 * 24 * 90:
        errors["extra_minutes"] = "0 minutes to 90 days"
    if terms.max_attempts is not None and not 1 <= terms.max_attempts <= 100:
        errors["max_attempts"] = "1 to 100"
    try:
        ZoneInfo(terms.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        errors["time_zone"] = "a name such as Europe/Berlin"
    if errors:
        listed = "; ".join(f"{field}: {text}" for field, text in errors.items())
        raise Invalid(f"The invitation is not right: {listed}.", errors=errors)


def by_token(session: Session, token: str, *, lock: bool = False) -> Invitation:
    """The invitation of a link, with its take-home and candidate. It may be over or revoked.

    Raises:
        NotFound: there is none.
    """
    query = (
        select(Invitation)
        .where(Invitation.token_hash == hash_of(token))
        .options(joinedload(Invitation.takehome), joinedload(Invitation.candidate))
    )
    invitation = session.scalar(query.with_for_update(of=Invitation) if lock else query)
    if invitation is None:
        raise NotFound("This link is not known. Check that it was copied whole.")
    return invitation


def opened(session: Session, invitation: Invitation, now: datetime) -> None:
    """Note the first opening, with which a window starts."""
    if invitation.opened_at is None:
        invitation.opened_at = now
        actor = Actor("candidate", str(invitation.candidate_id), invitation.candidate.name)
        record(session, actor, "invitation.opened", ("invitation", invitation.id), now)
        announce(session, "invitation.opened", invitation.id, now)


def _one_line(text: str) -> bool:
    return not any(unicodedata.category(character) in {"Cc", "Zl", "Zp"} for character in text)


def _is_word(text: str) -> bool:
    return text.isprintable() and not any(character.isspace() for character in text)
