"""What a worker does by the clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from api.accounts.people import open_session
from api.accounts.tables import EntryLink, Role, Throttle, UserSession
from api.audit.log import announce
from api.audit.tables import Event
from api.blobs import put_content
from api.database.base import new_id
from api.invitations.tables import Candidate, Invitation
from api.office import add_office_tasks, tidy
from api.queue import OFFICE_QUEUE, defer
from api.service import Service
from api.submissions.tables import Upload
from api.throttle import count
from tests.api.conftest import Clock, People

Invited = Callable[..., tuple[Invitation, str]]


def rows(service: Service, table: type) -> int:
    with service.sessions() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_every_task_has_its_time(service: Service) -> None:
    add_office_tasks(service)

    registered = service.queue.periodic_registry.periodic_tasks.values()
    times = {periodic.task.name: periodic.cron for periodic in registered}

    assert set(times) == {"retention", "sweep_blobs", "tidy", "remove_old_jobs"}
    assert {task.queue for task in service.queue.tasks.values() if task.name in times} == {OFFICE_QUEUE}


def test_a_worker_does_them(service: Service, invited: Invited, clock: Clock) -> None:
    invitation, _ = invited()
    put_content(service.blobs, b"x")
    clock.advance(days=400)
    add_office_tasks(service)
    with service.sessions.begin() as session:
        for name in ("retention", "sweep_blobs", "tidy", "remove_old_jobs"):
            defer(session, service.queue, name, OFFICE_QUEUE, timestamp="0")

    with service.queue.open():
        service.queue.run_worker(wait=False, queues=[OFFICE_QUEUE], install_signal_handlers=False)

    with service.sessions() as session:
        states = dict(session.execute(text("SELECT task_name, status::text FROM procrastinate_jobs")).all())
        assert session.get_one(Candidate, invitation.candidate_id).name == ""
    assert set(states.values()) == {"succeeded"}


def test_rows_that_have_run_out_are_deleted(
    service: Service, people: People, invited: Invited, clock: Clock
) -> None:
    user = people.add(Role.REVIEWER)
    invitation, _ = invited()
    with service.sessions.begin() as session:
        open_session(session, user, clock.now, service.settings.session_time)
        count(session, "sign-in", "x", clock.now, timedelta(minutes=15))
        announce(session, "invitation.made", new_id(), clock.now)
        session.add(
            Upload(
                id=new_id(),
                invitation_id=invitation.id,
                file_name="x",
                size=1,
                created_at=clock.now,
                expires_at=clock.now + timedelta(hours=24),
            )
        )
    assert not any(tidy(service).values())

    clock.advance(days=100)
    gone = tidy(service)

    assert gone["throttles"] == gone["sessions"] == gone["uploads"] == 1
    assert gone["entry_links"] == 1
    assert [rows(service, table) for table in (Throttle, UserSession, EntryLink, Upload, Event)] == [0] * 5


def test_tidying_what_is_tidy_does_nothing(service: Service) -> None:
    assert set(tidy(service).values()) == {0}


@pytest.mark.parametrize(("days", "left"), [(2, 1), (40, 0)])
def test_jobs_that_are_over_go_and_failures_stay_for_a_month(service: Service, days: int, left: int) -> None:
    add_office_tasks(service)
    with service.sessions.begin() as session:
        done = defer(session, service.queue, "tidy", OFFICE_QUEUE, timestamp="0")
        failed = defer(session, service.queue, "retention", OFFICE_QUEUE, timestamp="0")
        for job, status in ((done, "succeeded"), (failed, "failed")):
            for step in ("doing", status):
                changed = f"UPDATE procrastinate_jobs SET status = '{step}' WHERE id = {job}"  # noqa: S608
                session.execute(text(changed))
        session.execute(
            text("UPDATE procrastinate_events SET at = now() - make_interval(days => :days)"), {"days": days}
        )
        defer(session, service.queue, "remove_old_jobs", OFFICE_QUEUE, timestamp="0")

    with service.queue.open():
        service.queue.run_worker(wait=False, queues=[OFFICE_QUEUE], install_signal_handlers=False)

    with service.sessions() as session:
        ids = set(session.scalars(text("SELECT id FROM procrastinate_jobs")))
    assert done not in ids
    assert (failed in ids) is (left == 1)
