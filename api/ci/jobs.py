"""The jobs of CI, for whichever process does jobs without a sandbox."""

from __future__ import annotations

import uuid

from api.ci.fetching import fetch_for_ci
from api.fetching import Fetch
from api.queue import FETCH, OFFICE_QUEUE
from api.service import Service
from api.submissions.retrying import AfterOurFailure


def add_ci_tasks(service: Service, fetch: Fetch) -> None:
    """Tell the job engine of `service` how repositories are fetched for pipelines."""

    @service.queue.task(name=FETCH, queue=OFFICE_QUEUE, retry=AfterOurFailure())
    def fetch_job(request_id: str) -> None:
        fetch_for_ci(service, fetch, uuid.UUID(request_id))
