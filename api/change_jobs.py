"""The worker's jobs around publishing and changes: publish checks, dry runs, gradings beside those in force."""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable
from functools import partial

from procrastinate import RetryDecision
from procrastinate.jobs import Job
from procrastinate.retry import BaseRetryStrategy

from api.grading import Grading
from api.queue import CHECK, GRADE_BESIDE, GRADING_QUEUE, OFFICE_QUEUE, TRY_CHANGE
from api.reviews.beside import grade_beside
from api.reviews.trying import try_change
from api.service import Service
from api.submissions.grading import TRIES, Examiner, TryAgain
from api.takehomes.checking import CheckFailedOnOurSide, check_suite
from api.takehomes.shelf import Shelf
from grader import publish
from grader.evidence import Outcome
from grader.report import Report
from grader.rubric import parse
from grader.scoring import score
from grader.takehome import Takehome
from sandbox.contract import Files


class DockerChecker:
    """`Checker` on the real sandbox. One run at a time, so that submissions are graded beside it."""

    def __init__(self, grading: Grading) -> None:
        self._grading = grading

    def remarks(
        self, takehome: Takehome, rubric: str, progress: Callable[[str], None]
    ) -> list[publish.Remark]:
        """See `Checker.remarks`."""
        job = self._grading.job(takehome, progress=progress)
        scored_with = parse(rubric, "rubric.yaml")

        def grade(files: Files) -> Report:
            report = self._grading.grade_files(job, files)
            if report.outcome is Outcome.INFRASTRUCTURE_FAILED:
                raise CheckFailedOnOurSide(report.reason)
            return score(scored_with, report.evidence)

        drive = partial(self._grading.drive_files, job)
        return publish.check(takehome, scored_with, grade, drive, progress=progress)


class UntilDone(BaseRetryStrategy):
    """Try again when the job says so, and some times after anything else: these jobs change nothing when repeated."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """See `BaseRetryStrategy.get_retry_decision`."""
        if isinstance(exception, TryAgain):
            return RetryDecision(retry_in={"seconds": math.ceil(exception.seconds)})
        return RetryDecision(retry_in={"seconds": 30}) if job.attempts < TRIES else None


def add_change_tasks(service: Service, shelf: Shelf, grading: Grading, examiner: Examiner, name: str) -> None:
    """Tell the job engine what these jobs do. `name`: the worker's."""
    queue, checker, retry = service.queue, DockerChecker(grading), UntilDone()

    @queue.task(name=CHECK, queue=GRADING_QUEUE, retry=retry)
    def check_job(suite_id: str, rubric_id: str) -> None:
        check_suite(service, shelf, checker, uuid.UUID(suite_id), uuid.UUID(rubric_id), name)

    @queue.task(name=TRY_CHANGE, queue=OFFICE_QUEUE, retry=retry)
    def try_change_job(change_id: str) -> None:
        try_change(service, uuid.UUID(change_id))

    @queue.task(name=GRADE_BESIDE, queue=GRADING_QUEUE, retry=retry)
    def grade_beside_job(change_id: str, submission_id: str) -> None:
        grade_beside(service, shelf, examiner, uuid.UUID(change_id), uuid.UUID(submission_id), name)
