"""Greenhouse's contract for assessment partners: tests are listed, sent, and looked at.

The contract: https://developers.greenhouse.io/assessment.html. A test is a take-home, or a level of one; a test that
was sent is an invitation.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, text
from sqlalchemy.orm import Session, joinedload

from api.ats.tables import AtsConnection, AtsTest
from api.audit.log import Actor, record
from api.hooks.outside import NotAllowed, Outside
from api.invitations.inviting import Terms, invite
from api.invitations.mail import mail_later
from api.invitations.tables import Invitation
from api.problems import Busy, Invalid, NotFound
from api.service import Service
from api.submissions.states import State
from api.submissions.tables import Submission
from api.takehomes.reading import by_name, levels, takehomes

SEPARATOR: Final = ":"
"""Between the name of a take-home and a level, in the id of a test."""
DONE: Final = frozenset({State.GRADED, State.UNGRADABLE})


@dataclass(frozen=True)
class Wish:
    """Whom to send what."""

    test_id: str
    first_name: str
    last_name: str
    email: str
    profile_url: str
    url: str


def tests(session: Session) -> list[dict[str, str]]:
    """What can be sent: every take-home that may be given out, and each of its levels."""
    found = []
    for home in takehomes(session, archived=False):
        if home.suite_id is not None:
            found.append({"partner_test_id": home.name, "partner_test_name": home.title})
            found += [
                {
                    "partner_test_id": f"{home.name}{SEPARATOR}{level}",
                    "partner_test_name": f"{home.title} ({level})",
                }
                for level in levels(session, home)
            ]
    return found


def send(session: Session, service: Service, connection: AtsConnection, wish: Wish, by: Actor) -> uuid.UUID:
    """Invite a candidate, and have the link mailed. The same address again is the same test; returns its id.

    Raises:
        Invalid: there is no such test, or a field is wrong.
        Conflict: the take-home cannot be given out now.
        Busy: no e-mail can be sent, so the candidate would never hear of it.
    """
    if not service.settings.smtp.host:
        raise Busy("E-mail is not set up, so no candidate could be told. An operator sets GRADER_SMTP__HOST.")
    try:
        Outside(service.settings.outside).check(wish.url)
    except NotAllowed as refused:
        raise Invalid("The address for the result is not right.", errors={"url": str(refused)}) from refused
    lock = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")
    session.execute(lock, {"key": f"ats:{connection.id}:{wish.url}"})
    before = session.scalar(
        select(AtsTest).where(AtsTest.connection_id == connection.id, AtsTest.url == wish.url)
    )
    if before is not None:
        return before.invitation_id
    name, _, level = wish.test_id.partition(SEPARATOR)
    try:
        takehome = by_name(session, name)
    except NotFound as error:
        raise Invalid(error.detail, errors={"partner_test_id": "is in no list of tests"}) from error
    now = service.now()
    called = f"{wish.first_name} {wish.last_name}".strip()
    terms = Terms(level=level or None)
    invitation, _ = invite(
        session, takehome, called, wish.email, terms, by, now, reference=wish.profile_url[:200]
    )
    row = AtsTest(invitation_id=invitation.id, connection_id=connection.id, url=wish.url, created_at=now)
    session.add(row)
    mail_later(session, service.queue, invitation)
    return invitation.id


def status(session: Session, connection: AtsConnection, test: str, base_url: str) -> dict[str, Any]:
    """How a test stands, in the words of the contract.

    Raises:
        NotFound: this system sent no such test.
    """
    row = _of(session, connection, test)
    submission = session.scalar(
        select(Submission)
        .where(Submission.invitation_id == row.invitation_id)
        .order_by(Submission.attempt.desc())
        .limit(1)
    )
    invitation = row.invitation
    facts = {
        "Sent At": _time(invitation.created_at),
        "Started At": _time(invitation.opened_at),
        "Uploaded At": _time(submission.received_at) if submission else "",
        "Attempts": submission.attempt if submission else 0,
    }
    if submission is None or submission.report_id is None or State(submission.state) not in DONE:
        return {"partner_status": _words(invitation, submission), "metadata": facts}
    answer: dict[str, Any] = {
        "partner_status": "complete",
        "partner_profile_url": f"{base_url}/submissions/{submission.id}",
    }
    if submission.share is not None:
        answer["partner_score"] = round(submission.share * 100, 2)
        facts["Points"] = f"{submission.points:g} of {submission.max_points:g}"
        facts["Points That A Person Has Still To Give"] = submission.pending or 0
        facts["Band"] = submission.band or ""
    else:
        facts["Outcome"] = "cannot be graded"
    return {**answer, "metadata": facts}


def note_error(
    session: Session,
    connection: AtsConnection,
    call: str,
    errors: list[str],
    test: str,
    by: Actor,
    now: datetime,
) -> None:
    """Keep what the system says about an answer of ours that it could not read: an operator has to look at it."""
    record(
        session, by, "ats.response_error", ("ats", connection.id), now, call=call, errors=errors, test=test
    )


def _of(session: Session, connection: AtsConnection, test: str) -> AtsTest:
    missing = NotFound("There is no such test.")
    try:
        identity = uuid.UUID(test)
    except ValueError as error:
        raise missing from error
    row = session.scalar(
        select(AtsTest)
        .where(AtsTest.invitation_id == identity, AtsTest.connection_id == connection.id)
        .options(joinedload(AtsTest.invitation))
    )
    if row is None:
        raise missing
    return row


def _words(invitation: Invitation, submission: Submission | None) -> str:
    if submission is not None:
        return "submitted"
    if invitation.revoked_at is not None:
        return "revoked"
    return "sent" if invitation.opened_at is None else "started"


def _time(moment: datetime | None) -> str:
    return "" if moment is None else moment.strftime("%Y-%m-%d %H:%M UTC")
