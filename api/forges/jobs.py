"""The jobs of forges, for whichever process does jobs without a sandbox."""

from __future__ import annotations

import math
import uuid
from datetime import timedelta

from procrastinate import RetryDecision
from procrastinate.jobs import Job
from procrastinate.retry import BaseRetryStrategy
from sqlalchemy import delete

from api.fetching import Fetch
from api.forges.answering import Teller, look_again
from api.forges.client import ForgeClient
from api.forges.queueing import ANSWER_FORGES, FETCH_COMMIT
from api.forges.submitting import FetchLater, submit_commit
from api.forges.tables import ForgeDelivery
from api.hooks.outside import Outside
from api.queue import OFFICE_QUEUE, on_its_own
from api.service import Service


class UntilFetched(BaseRetryStrategy):
    """Try again when the job says so, and in a minute after anything that nobody foresaw. Other commits do not wait."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """See `BaseRetryStrategy.get_retry_decision`."""
        seconds = min(60 * 2 ** min(job.attempts, 6), 3600)
        if isinstance(exception, FetchLater):
            seconds = math.ceil(exception.seconds)
        return on_its_own(RetryDecision(retry_in={"seconds": seconds}), job)


def add_forge_tasks(service: Service, fetch: Fetch) -> None:
    """Tell the job engine of `service` how commits are fetched and told, and when the log is cleared."""
    queue = service.queue
    client = ForgeClient(Outside(service.settings.outside), service.now)

    @queue.task(name=FETCH_COMMIT, queue=OFFICE_QUEUE, retry=UntilFetched())
    def fetch_commit(commit_id: str) -> None:
        submit_commit(service, client, fetch, uuid.UUID(commit_id))

    @queue.periodic(cron="* * * * * */10")  # seconds come last
    @queue.task(name=ANSWER_FORGES, queue=OFFICE_QUEUE, queueing_lock=ANSWER_FORGES, lock=ANSWER_FORGES)
    def answer_forges(timestamp: int = 0) -> None:
        del timestamp  # when the clock asked for it; 0 where a delivery did
        Teller(service, client).run()

    @queue.periodic(cron="*/5 * * * *")
    @queue.task(name="look_again_at_forges", queue=OFFICE_QUEUE, queueing_lock="look_again_at_forges")
    def look_again_job(timestamp: int) -> None:
        del timestamp
        with service.sessions.begin() as session:
            look_again(session)

    @queue.periodic(cron="47 3 * * *")
    @queue.task(name="clear_forge_log", queue=OFFICE_QUEUE, queueing_lock="clear_forge_log")
    def clear_forge_log(timestamp: int) -> None:
        del timestamp
        clear_log(service)


def clear_log(service: Service) -> None:
    """Delete the log of deliveries that is older than GRADER_RETENTION__HOOK_LOG_DAYS."""
    days = service.settings.retention.hook_log_days
    if days:
        with service.sessions.begin() as session:
            session.execute(
                delete(ForgeDelivery).where(ForgeDelivery.received_at <= service.now() - timedelta(days=days))
            )
