"""When a job about a submission is tried again."""

from __future__ import annotations

import math

from procrastinate import RetryDecision
from procrastinate.jobs import Job
from procrastinate.retry import BaseRetryStrategy

from api.submissions.grading import LONGEST_WAIT, TryAgain


class AfterOurFailure(BaseRetryStrategy):
    """Try again after as long as the job says, and after anything unforeseen too: a job ends when it is done."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """See `BaseRetryStrategy.get_retry_decision`."""
        if isinstance(exception, TryAgain):
            return RetryDecision(retry_in={"seconds": math.ceil(exception.seconds)})
        return RetryDecision(retry_in={"seconds": min(5 * 2 ** min(job.attempts, 10), LONGEST_WAIT)})
