"""The list of invitations sees phases as `windows.window` does."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select

from api.invitations.lists import in_phase, listing
from api.invitations.tables import Invitation
from api.invitations.windows import Phase, window
from api.service import Service


def test_sql_and_python_agree_on_the_phase_of_every_kind_of_invitation(
    service: Service, invited: Callable[..., tuple[Invitation, str]]
) -> None:
    now = service.now()
    hour = timedelta(hours=1)
    moments = (None, now - 2 * hour, now, now + 2 * hour)
    kinds = itertools.product(moments, moments, (None, 60, 180), moments[:3], (0, 121), (None, now))
    template, _ = invited()
    with service.sessions.begin() as session:
        for number, (opens, closes, minutes, opened, extra, revoked) in enumerate(kinds):
            columns = {c.name: getattr(template, c.name) for c in Invitation.__table__.columns}
            columns |= {
                "opens_at": opens,
                "closes_at": closes,
                "window_minutes": minutes,
                "opened_at": opened,
            }
            columns |= {"extra_minutes": extra, "revoked_at": revoked}
            identity = {"id": template.id.__class__(int=number + 1), "token_hash": str(number).encode()}
            session.add(Invitation(**(columns | identity)))
    with service.sessions() as session:
        rows = {row.id: row for row in session.scalars(select(Invitation))}
        for phase in Phase:
            found = set(session.scalars(select(Invitation.id).where(in_phase(phase, now))))
            assert found == {key for key, row in rows.items() if window(row, now).phase is phase}, phase


def test_walking_the_list_shows_each_invitation_once(
    service: Service, invited: Callable[..., tuple[Invitation, str]]
) -> None:
    made = [invited(email=f"p{n}@example.com")[0].id for n in range(7)]
    with service.sessions() as session:
        now = service.now()
        first = listing(session, now, limit=3)
        second = listing(session, now, limit=3, after=first.following)
        third = listing(session, now, limit=3, after=second.following)
        back = listing(session, now, limit=3, before=third.previous)

    assert [len(page.rows) for page in (first, second, third)] == [3, 3, 1]
    assert {row.id for page in (first, second, third) for row in page.rows} == set(made)
    assert [row.id for row in back.rows] == [row.id for row in second.rows]
    assert not third.following
