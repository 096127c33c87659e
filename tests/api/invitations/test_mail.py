"""E-mails to candidates, taken by a real SMTP server."""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from api.audit.tables import Entry, Event
from api.invitations.inviting import by_token
from api.invitations.mail import mail_invitation, mail_later, mail_reminder
from api.invitations.reminding import remind
from api.invitations.tables import Candidate, Invitation
from api.mail import MailNotSent, NoAddress, compose
from api.mailroom import UntilTheServerTakesIt, add_mail_tasks
from api.service import Service
from api.settings import Smtp
from api.takehomes.tables import Takehome
from tests.api.conftest import Clock
from tests.api.mailbox import Box, body_of, mailing


def test_the_invitation_names_deadline_and_time_zone_and_its_link_works(
    service: Service, box: tuple[Box, int], invited: Callable[..., tuple[Invitation, str]]
) -> None:
    kept, port = box
    invitation, first = invited(closes_at=service.now() + timedelta(days=2), time_zone="Europe/Berlin")

    mail_invitation(mailing(service, port), invitation.id)

    text_of = body_of(kept.mails[0])
    assert str(kept.mails[0]["to"]) == "Ada Lovelace <ada@example.com>"
    assert "It closes on Wednesday, 4 March 2026, 10:00 (Europe/Berlin)." in text_of
    token = text_of.partition("/i/")[2].split()[0]
    assert token != first
    with service.sessions() as session:
        assert by_token(session, token).id == invitation.id
        assert session.scalars(select(Entry).where(Entry.action == "invitation.mailed")).one()


def test_a_link_in_use_is_not_replaced_by_a_late_mail(
    service: Service, box: tuple[Box, int], invited: Callable[..., tuple[Invitation, str]]
) -> None:
    kept, port = box
    invitation, token = invited()
    with service.sessions.begin() as session:
        session.get_one(Invitation, invitation.id).opened_at = service.now()

    mail_invitation(mailing(service, port), invitation.id)

    assert kept.mails == []
    with service.sessions() as session:
        assert by_token(session, token).id == invitation.id


@pytest.mark.parametrize("name", ["Eve\r\nBcc: all@example.com", "Eve\nX: y", "Eve\u2028Bcc: x@example.com"])
def test_a_name_adds_no_header(name: str) -> None:
    smtp = Smtp(host="h", sender="hiring@example.com")

    message = compose(smtp, name, "eve@example.com", f"Hello {name}", "text")

    assert set(message.keys()) >= {"From", "To", "Subject"}
    assert "Bcc" not in message
    assert message.as_bytes().count(b"Bcc:") == message.as_bytes().partition(b"\r\n\r\n")[0].count(b"Bcc:")
    assert not [line for line in message.as_bytes().split(b"\r\n") if line.startswith((b"Bcc", b"X:"))]


@pytest.mark.parametrize("email", ["a@b\r\nBcc: c@d", "no address", "", "a@b, c@d", "ä@example.com"])
def test_what_is_no_address_is_not_mailed_to(email: str) -> None:
    with pytest.raises(NoAddress):
        compose(Smtp(host="h", sender="hiring@example.com"), "Eve", email, "Hello", "text")


def test_a_server_that_does_not_answer_is_tried_again(
    service: Service, invited: Callable[..., tuple[Invitation, str]]
) -> None:
    invitation, _ = invited()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    with pytest.raises(MailNotSent, match=f"127.0.0.1:{port}"):
        mail_invitation(mailing(service, port), invitation.id)


def test_the_mail_is_a_job_of_the_transaction_that_invites(
    service: Service, invited: Callable[..., tuple[Invitation, str]]
) -> None:
    invitation, token = invited()
    with service.sessions.begin() as session:
        mail_later(session, service.queue, session.get_one(Invitation, invitation.id))

    with service.sessions() as session:
        rows = session.execute(text("SELECT task_name, queue_name, args::text FROM procrastinate_jobs")).all()
    assert [(row[0], row[1]) for row in rows] == [("mail_invitation", "office")]
    assert token not in rows[0][2]
    add_mail_tasks(service)
    task = service.queue.tasks["mail_invitation"]
    assert isinstance(task.retry_strategy, UntilTheServerTakesIt)


def test_who_has_not_opened_their_link_is_reminded_once(
    service: Service, clock: Clock, invited: Callable[..., tuple[Invitation, str]]
) -> None:
    invitation, _ = invited()

    def round_of() -> int:
        with service.sessions.begin() as session:
            return remind(session, service.queue, service.now(), mail=True)

    assert round_of() == 0
    clock.advance(hours=25)
    assert round_of() == 1
    assert round_of() == 0
    with service.sessions() as session:
        event = session.scalars(select(Event).where(Event.kind == "invitation.reminder")).one()
        assert (event.subject_id, event.payload["why"]) == (invitation.id, "unopened")
        assert session.scalar(text("SELECT task_name FROM procrastinate_jobs")) == "mail_reminder"


def test_who_has_little_time_left_is_reminded_unless_they_uploaded(
    service: Service, clock: Clock, flatten: Takehome, invited: Callable[..., tuple[Invitation, str]]
) -> None:
    one, _ = invited(window_minutes=600)
    with service.sessions.begin() as session:
        session.get_one(Invitation, one.id).opened_at = service.now()
        clock.advance(hours=3)
        assert remind(session, service.queue, service.now(), mail=False) == 0
        clock.advance(hours=2)
        assert remind(session, service.queue, service.now(), mail=False) == 1
        assert session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 0


def test_a_reminder_carries_no_link(
    service: Service, box: tuple[Box, int], invited: Callable[..., tuple[Invitation, str]]
) -> None:
    kept, port = box
    invitation, _ = invited(closes_at=service.now() + timedelta(hours=3), time_zone="Asia/Tokyo")

    mail_reminder(mailing(service, port), invitation.id)

    assert "/i/" not in body_of(kept.mails[0])
    assert "Monday, 2 March 2026, 21:00 (Asia/Tokyo)" in body_of(kept.mails[0])


def test_nobody_is_mailed_whose_data_are_gone(
    service: Service, box: tuple[Box, int], invited: Callable[..., tuple[Invitation, str]]
) -> None:
    kept, port = box
    invitation, _ = invited()
    with service.sessions.begin() as session:
        session.get_one(Candidate, invitation.candidate_id).email = ""

    mail_invitation(mailing(service, port), invitation.id)

    assert kept.mails == []
