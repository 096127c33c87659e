"""E-mails to users, taken by a real SMTP server."""

from __future__ import annotations

import re

from sqlalchemy import select

from api.accounts.mail import mail_entry
from api.accounts.people import entering
from api.accounts.tables import Role
from api.audit.tables import Entry
from api.service import Service
from tests.api.conftest import People
from tests.api.mailbox import Box, body_of, mailing


def test_a_user_is_mailed_a_link_that_works(service: Service, people: People, box: tuple[Box, int]) -> None:
    kept, port = box
    user = people.add(Role.REVIEWER)

    mail_entry(mailing(service, port), user.id)

    [mail] = kept.mails
    link = re.search(r"/enter/(\S+)", body_of(mail))
    assert link is not None
    with service.sessions() as session:
        assert entering(session, link[1], service.now())[1].id == user.id
        assert session.scalars(select(Entry).where(Entry.action == "user.mailed")).one()
