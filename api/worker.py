"""A worker: claims jobs and does them. The only part of the service that touches Docker."""

from __future__ import annotations

import asyncio
import os
import socket
import uuid
from collections.abc import Callable

import procrastinate
from procrastinate import JobContext, RetryDecision
from procrastinate.jobs import Job
from procrastinate.retry import BaseRetryStrategy

from api.grading import Grading, open_grading
from api.mailroom import add_mail_tasks
from api.queue import GRADE, GRADING_QUEUE, OFFICE_QUEUE
from api.service import Service
from api.submissions.grading import TryAgain, grade_submission
from api.takehomes.shelf import Shelf
from api.takehomes.tables import SuiteVersion
from grader.evidence import Evidence
from grader.intake.submission import Intake
from grader.pipeline import grade
from sandbox.images.environments import ENVIRONMENTS


class DockerExaminer:
    """`Examiner` on the real sandbox."""

    def __init__(self, grading: Grading) -> None:
        self._grading = grading

    def environment(self, name: str) -> str:
        """See `Examiner.environment`."""
        return self._grading.environment(name)

    def evidence(
        self, suite: SuiteVersion, shelf: Shelf, take: Callable[[], Intake], progress: Callable[[str], None]
    ) -> Evidence:
        """See `Examiner.evidence`."""
        job = self._grading.job(shelf.takehome(suite))
        return grade(self._grading.sandbox, job.plan, take, progress)


class AfterOurFailure(BaseRetryStrategy):
    """Try again where the job says so, after as long as it says. Anything else is not to be repeated."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """See `BaseRetryStrategy.get_retry_decision`."""
        del job
        if isinstance(exception, TryAgain):
            return RetryDecision(retry_in={"seconds": exception.seconds})
        return None


def worker_name() -> str:
    """Of this process, for logs and evidence."""
    return f"{socket.gethostname()}:{os.getpid()}"


def add_tasks(service: Service, shelf: Shelf, grading: Grading) -> procrastinate.App:
    """Tell the job engine what its jobs do."""
    queue, examiner, name = service.queue, DockerExaminer(grading), worker_name()

    @queue.task(name=GRADE, queue=GRADING_QUEUE, retry=AfterOurFailure())
    def grade_job(submission_id: str, suite_id: str) -> None:
        grade_submission(service, shelf, examiner, uuid.UUID(submission_id), uuid.UUID(suite_id), name)

    @queue.periodic(cron="* * * * * */10")  # seconds come last
    @queue.task(name="retry_stalled", queue=OFFICE_QUEUE, queueing_lock="retry_stalled", pass_context=True)
    async def retry_stalled(context: JobContext, timestamp: int) -> None:
        del context, timestamp
        stalled = await queue.job_manager.get_stalled_jobs(
            seconds_since_heartbeat=service.settings.stalled_seconds
        )
        for job in stalled:
            await queue.job_manager.retry_job(job)

    add_mail_tasks(service)
    return queue


async def work(service: Service, grading: Grading, concurrency: int) -> None:
    """Do jobs until SIGTERM or SIGINT: then finish those that are under way and take no new ones."""
    shelf = Shelf(service.blobs, service.settings.data / "takehomes")
    queue = add_tasks(service, shelf, grading)
    async with queue.open_async():
        await queue.run_worker_async(
            name=worker_name(),
            concurrency=concurrency,
            update_heartbeat_interval=service.settings.heartbeat_seconds,
            stalled_worker_timeout=service.settings.stalled_seconds,
        )


def run_worker(service: Service, progress: Callable[[str], None]) -> None:
    """Run a worker in the foreground.

    Raises:
        SandboxError: no Docker, no such runtime, an image cannot be built: no Docker, no grades.
    """
    settings = service.settings
    with open_grading(
        tuple(ENVIRONMENTS), runtime=settings.runtime or None, warm=settings.warm, progress=progress
    ) as grading:
        concurrency = settings.grades_at_once or max(1, os.cpu_count() or 1)
        asyncio.run(work(service, grading, concurrency))
