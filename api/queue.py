"""The job engine: Procrastinate on our database. A job is deferred in the transaction of what it is about.

Names and arguments of the jobs stand here, so that whoever defers one need not load what runs it. What they do is
in `api.worker`.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

import procrastinate
from procrastinate import PsycopgConnector, RetryDecision
from procrastinate.jobs import Job
from procrastinate.manager import JobManager
from procrastinate.tasks import configure_task
from sqlalchemy import text
from sqlalchemy.orm import Session

from api.database.engine import psycopg_of

GRADE: Final = "grade"
CHECK: Final = "check_suite"
TRY_CHANGE: Final = "try_change"
GRADE_BESIDE: Final = "grade_beside"
SEND_HOOKS: Final = "send_hooks"
FETCH: Final = "fetch_for_ci"
TELL_ATS: Final = "tell_ats"
GRADING_QUEUE: Final = "grading"
"""Jobs that need the sandbox."""
OFFICE_QUEUE: Final = "office"
"""Jobs that need none: mails, retention, dry runs of rubrics."""

NEW: Final = 100
AGAIN: Final = 10
"""Priorities: new submissions before those that are graded again."""
WORKER: Final = "grader-worker"
"""How the connections of workers that grade begin to name themselves (application_name)."""
LAST: Final = -2
"""Priority of what was tried before and can wait, in the office."""
STEP: Final = 10
"""Each submission of the same candidate that waits already takes this much of the priority of the next."""


def make_queue(database_url: str, worker: str = "") -> procrastinate.App:
    """The job engine on a database, not yet open. `worker` names the worker whose it is."""
    named = {"application_name": f"{WORKER}:{worker}"[:63]} if worker else {}
    return procrastinate.App(
        connector=PsycopgConnector(conninfo=database_url, kwargs={"connect_timeout": 10, **named})
    )


def _manager(queue: procrastinate.App) -> JobManager:
    """What defers within a session's transaction. The app of a worker is open for asyncio, and could not do that."""
    del queue  # whose connection is not needed: the session's is used
    return JobManager(PsycopgConnector())


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
        job_manager=_manager(queue),
        queue=GRADING_QUEUE,
        priority=max((AGAIN if again else NEW) - STEP * waiting, AGAIN // 2 if again else AGAIN + 1),
        lock=f"candidate:{candidate}",
        connection=psycopg_of(session),
    )
    return job.defer(submission_id=str(submission_id), suite_id=str(suite_id))


def defer(
    session: Session,
    queue: procrastinate.App,
    name: str,
    queue_name: str,
    *,
    lock: str | None = None,
    priority: int = 0,
    **arguments: str,
) -> int:
    """Defer any other job within the session's transaction. Of jobs with the same `lock` one runs at a time.

    Returns its number.
    """
    job = configure_task(
        name=name,
        job_manager=_manager(queue),
        queue=queue_name,
        lock=lock,
        priority=priority,
        connection=psycopg_of(session),
    )
    return job.defer(**arguments)


def on_its_own(decision: RetryDecision, job: Job) -> RetryDecision:
    """The same decision, outside of the lane of `job`: while it waits for its next try, it keeps nothing else waiting.

    The engine does jobs of a lock in their order, and does not pass one that is to be tried again in an hour. Out of
    its lane a job may run beside others of it, so it stands behind everything else that is to be done.
    """
    return RetryDecision(retry_at=decision.retry_at, priority=LAST, lock=f"{job.task_name}:{job.id}")


def defer_hooks(session: Session) -> None:
    """Have webhooks sent once the transaction is committed, where there is any endpoint and no such job waits yet.

    A job that begins just before the commit does not see what is announced; the next one by the clock does. So this is
    for speed alone.
    """
    if session.execute(
        text("SELECT EXISTS (SELECT FROM hook_endpoints WHERE disabled_at IS NULL)")
    ).scalar_one():
        defer_once(session, SEND_HOOKS)


def defer_once(session: Session, name: str) -> None:
    """Defer a job of the office within the session's transaction, unless one of its name waits already."""
    waits = text(
        "SELECT EXISTS (SELECT FROM procrastinate_jobs WHERE queue_name = :queue AND task_name = :task "
        "AND status = 'todo')"
    )
    if not session.execute(waits, {"queue": OFFICE_QUEUE, "task": name}).scalar_one():
        job = configure_task(
            name=name,
            job_manager=JobManager(PsycopgConnector()),
            queue=OFFICE_QUEUE,
            lock=name,
            connection=psycopg_of(session),
        )
        job.defer()


def waiting_jobs(session: Session) -> int:
    """How many submissions wait for a worker. Dry runs do not count: they stand behind every submission."""
    return int(
        session.execute(
            text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = :task AND status = 'todo'"),
            {"task": GRADE},
        ).scalar_one()
    )


def jobs_ahead(session: Session, job_id: int) -> int:
    """How many submissions come before the one of a job that waits: those with more priority, and older ones."""
    return int(
        session.execute(
            text(
                "SELECT count(*) FROM procrastinate_jobs other JOIN procrastinate_jobs mine ON mine.id = :job "
                "WHERE other.queue_name = :queue AND other.status = 'todo' AND (other.priority > mine.priority "
                "OR (other.priority = mine.priority AND other.id < mine.id))"
            ),
            {"queue": GRADING_QUEUE, "job": job_id},
        ).scalar_one()
    )


def grading_workers(session: Session) -> int:
    """How many workers are connected that can grade. None: uploads wait in the queue."""
    return int(
        session.execute(
            text(
                "SELECT count(DISTINCT application_name) FROM pg_stat_activity "
                "WHERE datname = current_database() AND application_name LIKE :names"
            ),
            {"names": f"{WORKER}:%"},
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
