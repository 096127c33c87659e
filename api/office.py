"""What a worker does by the clock, without the sandbox: retention, and removing what nobody needs any more.

Each job of a time is done once, by one worker, however many there are. Every one can be interrupted and done again.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import structlog
from sqlalchemy import delete, or_

from api.accounts.tables import EntryLink, Throttle, UserSession
from api.audit.tables import Event
from api.ci.tables import CiRequest, Stage
from api.invitations.retention import forget_audit, forget_old
from api.queue import OFFICE_QUEUE
from api.service import Service
from api.submissions.sweeping import sweep
from api.submissions.uploads import expire_uploads

log = structlog.get_logger()

DONE_JOBS_HOURS: Final = 24
FAILED_JOBS_HOURS: Final = 24 * 30
"""Jobs that failed stay for an operator to look at."""
EVENT_TIME: Final = timedelta(days=90)
LINK_TIME: Final = timedelta(days=30)
"""Links that ran out stay so long, so that whoever opens one is told what became of it."""


def add_office_tasks(service: Service) -> None:
    """Tell the job engine of `service` what to do when. Times are UTC."""
    queue = service.queue

    @queue.periodic(cron="11 * * * *")
    @queue.task(name="retention", queue=OFFICE_QUEUE, queueing_lock="retention", lock="retention")
    def retention(timestamp: int) -> None:
        del timestamp
        forget_old(service)
        forget_audit(service)

    @queue.periodic(cron="23 3 * * *")
    @queue.task(name="sweep_blobs", queue=OFFICE_QUEUE, queueing_lock="sweep_blobs", lock="sweep_blobs")
    def sweep_blobs(timestamp: int) -> None:
        del timestamp
        sweep(service)

    @queue.periodic(cron="*/15 * * * *")
    @queue.task(name="tidy", queue=OFFICE_QUEUE, queueing_lock="tidy")
    def tidy_rows(timestamp: int) -> None:
        del timestamp
        tidy(service)

    @queue.periodic(cron="37 * * * *")
    @queue.task(name="remove_old_jobs", queue=OFFICE_QUEUE, queueing_lock="remove_old_jobs")
    async def remove_old_jobs(timestamp: int) -> None:
        del timestamp
        manager = queue.job_manager
        await manager.delete_old_jobs(DONE_JOBS_HOURS, include_cancelled=True, include_aborted=True)
        await manager.delete_old_jobs(FAILED_JOBS_HOURS, include_failed=True)


def tidy(service: Service) -> dict[str, int]:
    """Delete rows that have run out: throttles, sessions, entry links, events; returns how many.

    Requests of CI that came to nothing are among them. Resumable uploads that ran out go with their chunks.
    """
    now = service.now()
    unneeded = {
        "throttles": delete(Throttle).where(Throttle.window_ends_at <= now),
        "sessions": delete(UserSession).where(UserSession.expires_at <= now),
        "entry_links": delete(EntryLink).where(
            or_(EntryLink.expires_at <= now - LINK_TIME, EntryLink.used_at <= now - LINK_TIME)
        ),
        "ci_requests": delete(CiRequest).where(
            CiRequest.stage.in_([Stage.REFUSED, Stage.FAILED]), CiRequest.stage_at <= now - EVENT_TIME
        ),
        "events": delete(Event).where(Event.at <= now - EVENT_TIME),
    }
    gone = {}
    for name, statement in unneeded.items():
        with service.sessions.begin() as session:
            gone[name] = session.connection().execute(statement).rowcount
    with service.sessions.begin() as session:
        gone["uploads"] = expire_uploads(session, service.blobs, now)
    if any(gone.values()):
        log.info("rows deleted that had run out", **gone)
    return gone
