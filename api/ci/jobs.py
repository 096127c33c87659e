"""The jobs of CI, for whichever process does jobs without a sandbox."""

from __future__ import annotations

import math
import uuid

from procrastinate import RetryDecision
from procrastinate.jobs import Job
from procrastinate.retry import BaseRetryStrategy

from api.ci.fetching import fetch_for_ci
from api.fetching import Fetch
from api.queue import FETCH, OFFICE_QUEUE
from api.service import Service
from api.submissions.grading import LONGEST_WAIT, TryAgain


class UntilItIsDecided(BaseRetryStrategy):
    """A job ends when the request is taken, refused or given up, and is tried again until then."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """See `BaseRetryStrategy.get_retry_decision`."""
        if isinstance(exception, TryAgain):
            return RetryDecision(retry_in={"seconds": math.ceil(exception.seconds)})
        return RetryDecision(retry_in={"seconds": min(5 * 2 ** min(job.attempts, 10), LONGEST_WAIT)})


def add_ci_tasks(service: Service, fetch: Fetch) -> None:
    """Tell the job engine of `service` how repositories are fetched for pipelines."""

    @service.queue.task(name=FETCH, queue=OFFICE_QUEUE, retry=UntilItIsDecided())
    def fetch_job(request_id: str) -> None:
        fetch_for_ci(service, fetch, uuid.UUID(request_id))
