"""What a worker's jobs do. The only part of the service that touches Docker; `api.shift` keeps it running."""

from __future__ import annotations

import asyncio
import os
import socket
import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache

import procrastinate
import structlog
from procrastinate import JobContext
from procrastinate.exceptions import ConnectorException

from api.ats.telling import add_ats_tasks
from api.ci.jobs import add_ci_tasks
from api.fetching import fetcher
from api.forges.jobs import add_forge_tasks
from api.grading import Grading
from api.hooks.jobs import add_hook_tasks
from api.mailroom import add_mail_tasks
from api.office import add_office_tasks
from api.queue import GRADE, GRADING_QUEUE, OFFICE_QUEUE
from api.service import Service
from api.submissions.grading import Examiner, grade_submission
from api.submissions.receiving import queue_forgotten
from api.submissions.retrying import AfterOurFailure
from api.takehomes.shelf import MOST, Shelf
from api.takehomes.tables import SuiteVersion
from grader.evidence import Evidence
from grader.intake.submission import Intake
from grader.pipeline import grade
from grader.plan import Plan

log = structlog.get_logger()


class DockerExaminer:
    """`Examiner` on the real sandbox."""

    def __init__(self, grading: Grading) -> None:
        self._grading = grading
        self._plan = lru_cache(maxsize=MOST)(self._made)  # the same for every submission to a suite version

    def environment(self, name: str) -> str:
        """See `Examiner.environment`."""
        return self._grading.environment(name)

    def evidence(
        self, suite: SuiteVersion, shelf: Shelf, take: Callable[[], Intake], progress: Callable[[str], None]
    ) -> Evidence:
        """See `Examiner.evidence`."""
        return grade(self._grading.sandbox, self._plan(shelf, suite.blob), take, progress)

    def _made(self, shelf: Shelf, blob: str) -> Plan:
        return self._grading.plan(shelf.by_blob(blob))


def worker_name() -> str:
    """Of this process, for logs and evidence."""
    return f"{socket.gethostname()}:{os.getpid()}"


def add_tasks(service: Service, shelf: Shelf, examiner: Examiner) -> procrastinate.App:
    """Tell the job engine what its jobs do, but for those of `api.change_jobs`."""
    add_grading(service, shelf, examiner)
    add_watch(service)
    add_office_tasks(service)
    add_mail_tasks(service)
    add_hook_tasks(service)
    add_ats_tasks(service)
    fetch = fetcher(service.settings)
    add_ci_tasks(service, fetch)
    add_forge_tasks(service, fetch)
    return service.queue


def add_grading(service: Service, shelf: Shelf, examiner: Examiner) -> None:
    """The job that grades a submission."""
    queue, name = service.queue, worker_name()

    @queue.task(name=GRADE, queue=GRADING_QUEUE, retry=AfterOurFailure(), pass_context=True)
    def grade_job(context: JobContext, submission_id: str, suite_id: str) -> None:
        with structlog.contextvars.bound_contextvars(job=context.job.id, submission=submission_id):
            grade_submission(service, shelf, examiner, uuid.UUID(submission_id), uuid.UUID(suite_id), name)


def add_watch(service: Service) -> None:
    """The job that looks after jobs: those of dead workers are given to others, and no submission is forgotten."""
    queue = service.queue

    @queue.periodic(cron="* * * * * */10")  # seconds come last
    @queue.task(name="retry_stalled", queue=OFFICE_QUEUE, queueing_lock="retry_stalled", pass_context=True)
    async def retry_stalled(context: JobContext, timestamp: int) -> None:
        del context, timestamp
        stalled = await queue.job_manager.get_stalled_jobs(
            seconds_since_heartbeat=service.settings.stalled_seconds
        )
        for job in stalled:
            log.warning("a job of a dead worker is given to another", job=job.id, task=job.task_name)
            try:
                await queue.job_manager.retry_job(job)
            except ConnectorException:  # it has ended in the meantime
                log.info("the job was not stalled", job=job.id)
        await asyncio.to_thread(find_forgotten)

    def find_forgotten() -> None:
        before = service.now() - timedelta(seconds=service.settings.stalled_seconds)
        with service.sessions.begin() as session:
            found = queue_forgotten(session, queue, before)
        if found:
            log.error("submissions had no job and were queued again", submissions=found)
