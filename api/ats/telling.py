"""Telling a system that a test is complete: a PATCH to the address that it gave, as a job that is tried for days."""

from __future__ import annotations

import base64
import math
import random
import uuid
from datetime import timedelta

import structlog
from procrastinate import RetryDecision
from procrastinate.jobs import Job
from procrastinate.retry import BaseRetryStrategy
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from api.ats.connections import key_to_send
from api.ats.tables import AtsTest
from api.hooks.outside import Outside, OutsideError
from api.hooks.schedule import wait_after
from api.hooks.secrets import SecretUnreadable
from api.queue import OFFICE_QUEUE, TELL_ATS, defer
from api.service import Service

log = structlog.get_logger()

SECONDS = 15.0
KEPT_BYTES = 1024


class NotTold(Exception):
    """They did not take it; another try is due after `wait`."""

    def __init__(self, problem: str, wait: timedelta) -> None:
        super().__init__(problem)
        self.wait = wait


class UntilTheyKnow(BaseRetryStrategy):
    """As long as webhooks are tried."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """See `BaseRetryStrategy.get_retry_decision`."""
        if isinstance(exception, NotTold):
            return RetryDecision(retry_in={"seconds": math.ceil(exception.wait.total_seconds())})
        return RetryDecision(retry_in={"seconds": min(5 * 2 ** min(job.attempts, 10), 3600)})


def tell_later(session: Session, service: Service, invitation_id: uuid.UUID | None) -> None:
    """Have the system told that asked for an invitation, if one did. Call it where a report gets in force."""
    row = session.get(AtsTest, invitation_id) if invitation_id is not None else None
    if row is not None:
        row.tries, row.told_at = 0, None
        lock = f"ats:{row.invitation_id}"
        defer(session, service.queue, TELL_ATS, OFFICE_QUEUE, lock=lock, invitation_id=str(row.invitation_id))


def add_ats_tasks(service: Service) -> None:
    """Tell the job engine of `service` how systems are told."""
    outside = Outside(service.settings.outside)

    @service.queue.task(name=TELL_ATS, queue=OFFICE_QUEUE, retry=UntilTheyKnow())
    def tell_job(invitation_id: str) -> None:
        tell(service, outside, uuid.UUID(invitation_id))


def tell(service: Service, outside: Outside, invitation_id: uuid.UUID) -> None:
    """Do one job: one request, and a note of what became of it. Twice tells them twice, which does no harm.

    Raises:
        NotTold: they did not take it, and there are tries left.
    """
    with service.sessions() as session:
        row = _row(session, invitation_id)
        if row is None or row.told_at is not None or row.connection.revoked_at is not None:
            return
        url, sealed = row.url, key_to_send(row.connection, service.now())
    problem = _request(service, outside, url, sealed)
    wait = None
    with service.sessions.begin() as session:
        row = _row(session, invitation_id, lock=True)
        if row is None:
            return
        row.problem = problem[:400]
        if problem:
            row.tries += 1
            wait = wait_after(row.tries, random.random())  # noqa: S311 -- jitter
        else:
            row.told_at = service.now()
    log.info("ats", invitation=str(invitation_id), problem=problem, again=wait is not None)
    if wait is not None:
        raise NotTold(problem, wait)


def _request(service: Service, outside: Outside, url: str, sealed: bytes) -> str:
    """What went wrong, in words; empty where nothing did."""
    try:
        key = service.safe.open(sealed)
        basic = base64.b64encode(f"{key}:".encode()).decode("ascii")
        headers = {"authorization": f"Basic {basic}"}
        answer = outside.request("PATCH", url, headers=headers, seconds=SECONDS, most_bytes=KEPT_BYTES)
    except (OutsideError, SecretUnreadable) as error:
        return str(error)
    return "" if 200 <= answer.status <= 299 else f"It answered {answer.status}."


def _row(session: Session, invitation_id: uuid.UUID, *, lock: bool = False) -> AtsTest | None:
    query = (
        select(AtsTest).where(AtsTest.invitation_id == invitation_id).options(joinedload(AtsTest.connection))
    )
    return session.scalar(query.with_for_update(of=AtsTest) if lock else query)
