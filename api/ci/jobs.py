"""The jobs of CI, for whichever process does jobs without a sandbox."""

from __future__ import annotations

import uuid

from procrastinate import RetryDecision
from procrastinate.jobs import Job

from api.ci.fetching import fetch_for_ci
from api.fetching import Fetch
from api.queue import FETCH, OFFICE_QUEUE, on_its_own
from api.service import Service
from api.submissions.retrying import AfterOurFailure


class BesideTheOthers(AfterOurFailure):
    """As that; what else the same pipeline asks for does not wait for it."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """See `BaseRetryStrategy.get_retry_decision`."""
        decision = super().get_retry_decision(exception=exception, job=job)
        return decision and on_its_own(decision, job)


def add_ci_tasks(service: Service, fetch: Fetch) -> None:
    """Tell the job engine of `service` how repositories are fetched for pipelines."""

    @service.queue.task(name=FETCH, queue=OFFICE_QUEUE, retry=BesideTheOthers())
    def fetch_job(request_id: str) -> None:
        fetch_for_ci(service, fetch, uuid.UUID(request_id))
