"""The job engine: Procrastinate on our database. A job is deferred in the transaction of what it is about.

Names and arguments of the jobs stand here, so that whoever defers one need not load what runs it. What they do is
in `api.worker`.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

import procrastinate
from procrastinate import PsycopgConnector
from procrastinate.tasks import configure_task
from sqlalchemy import text
from sqlalchemy.orm import Session

from api.database.engine import psycopg_of

GRADE: Final = "grade"
CHECK: Final = "check_suite"
TRY_CHANGE: Final = "try_change"
GRADING_QUEUE: Final = "grading"
"""Jobs that need the sandbox."""
OFFICE_QUEUE: Final = "office"
"""Jobs that need none: mails, retention, dry runs of rubrics."""

NEW: Final = 100
AGAIN: Final = 10
"""Priorities: new submissions before those that are graded again."""
STEP: Final = 10
"""Each submission of the same candidate that waits already takes this much of the priority of the next."""


def make_queue(database_url: str) -> procrastinate.App:
    """The job engine on a database, not yet open."""
    return procrastinate.App(connector=PsycopgConnector(conninfo=database_url))


def defer_grading(
    session: Session,
    queue: procrastinate.App,
    submission_id: UUID,
    suite_id: UUID,
    *,
    candidate: str,
    again: bool = False,
) -> int:
    """Defer the grading of a submission within the session's transaction. Returns the job's number.

    One submission of a candidate is graded at a time, and the more of theirs wait, the further back the next one
    stands: nobody keeps the others waiting.
    """
    waiting = session.execute(
        text("SELECT count(*) FROM procrastinate_jobs WHERE lock = :lock AND status = 'todo'"),
        {"lock": f"candidate:{candidate}"},
    ).scalar_one()
    job = configure_task(
        name=GRADE,
        job_manager=queue.job_manager,
        queue=GRADING_QUEUE,
        priority=max((AGAIN if again else NEW) - STEP * waiting, AGAIN // 2 if again else AGAIN + 1),
        lock=f"candidate:{candidate}",
        connection=psycopg_of(session),
    )
    return job.defer(submission_id=str(submission_id), suite_id=str(suite_id))


def defer(session: Session, queue: procrastinate.App, name: str, queue_name: str, **arguments: str) -> int:
    """Defer any other job within the session's transaction. Returns its number."""
    job = configure_task(
        name=name, job_manager=queue.job_manager, queue=queue_name, connection=psycopg_of(session)
    )
    return job.defer(**arguments)


def waiting_jobs(session: Session) -> int:
    """How many submissions wait for a worker."""
    return int(
        session.execute(
            text("SELECT count(*) FROM procrastinate_jobs WHERE queue_name = :queue AND status = 'todo'"),
            {"queue": GRADING_QUEUE},
        ).scalar_one()
    )


OPEN_STATUSES: Final = ("todo", "doing", "failed")
"""Of jobs that somebody still has to care for."""


def job_counts(session: Session) -> dict[tuple[str, str], int]:
    """How many jobs there are that are not done, by queue and status; those of our queues also where there are none."""
    rows = session.execute(
        text(
            "SELECT queue_name, status::text, count(*) FROM procrastinate_jobs "
            "WHERE status = ANY(CAST(:open AS procrastinate_job_status[])) GROUP BY 1, 2"
        ),
        {"open": list(OPEN_STATUSES)},
    )
    none = {(queue, status): 0 for queue in (GRADING_QUEUE, OFFICE_QUEUE) for status in OPEN_STATUSES}
    return none | {(queue, status): int(count) for queue, status, count in rows}


def oldest_job_seconds(session: Session) -> dict[str, float]:
    """How long the oldest job of each queue has been waiting that could run now; 0 where none waits."""
    rows = session.execute(
        text(
            "SELECT job.queue_name, extract(epoch FROM now() - min(coalesce(job.scheduled_at, event.at))) "
            "FROM procrastinate_jobs job JOIN procrastinate_events event "
            "ON event.job_id = job.id AND event.type = 'deferred' "
            "WHERE job.status = 'todo' AND coalesce(job.scheduled_at, now()) <= now() GROUP BY 1"
        )
    )
    return dict.fromkeys((GRADING_QUEUE, OFFICE_QUEUE), 0.0) | {
        queue: max(0.0, float(seconds)) for queue, seconds in rows
    }


def worker_silences(session: Session) -> list[float]:
    """For each worker that the job engine knows, the seconds since its last sign of life."""
    rows = session.execute(
        text("SELECT extract(epoch FROM now() - last_heartbeat) FROM procrastinate_workers ORDER BY 1")
    )
    return [max(0.0, float(seconds)) for (seconds,) in rows]
