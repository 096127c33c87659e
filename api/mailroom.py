"""Mails and reminders as jobs: tried until they are done, on any worker."""

from __future__ import annotations

import uuid

from procrastinate import RetryDecision
from procrastinate.jobs import Job
from procrastinate.retry import BaseRetryStrategy

from api.accounts.mail import MAIL_ENTRY, mail_entry
from api.hooks.mail import MAIL_DISABLED, mail_disabled
from api.invitations.mail import MAIL_INVITATION, MAIL_REMINDER, mail_invitation, mail_reminder
from api.invitations.reminding import remind
from api.mail import MailNotSent
from api.queue import OFFICE_QUEUE
from api.service import Service


class UntilTheServerTakesIt(BaseRetryStrategy):
    """A mail is tried for ever, at least once an hour: what it is about ends it, not a number of tries."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """See `BaseRetryStrategy.get_retry_decision`."""
        if isinstance(exception, MailNotSent):
            return RetryDecision(retry_in={"seconds": min(30 * 2 ** min(job.attempts, 10), 3600)})
        return None


def add_mail_tasks(service: Service) -> None:
    """Tell the job engine what mails and reminders do."""
    for add in (_mails, _reminders):
        add(service)


def _mails(service: Service) -> None:
    queue, retry = service.queue, UntilTheServerTakesIt()

    @queue.task(name=MAIL_INVITATION, queue=OFFICE_QUEUE, retry=retry)
    def invitation_job(invitation_id: str) -> None:
        mail_invitation(service, uuid.UUID(invitation_id))

    @queue.task(name=MAIL_REMINDER, queue=OFFICE_QUEUE, retry=retry)
    def reminder_job(invitation_id: str) -> None:
        mail_reminder(service, uuid.UUID(invitation_id))

    @queue.task(name=MAIL_ENTRY, queue=OFFICE_QUEUE, retry=retry)
    def entry_job(user_id: str) -> None:
        mail_entry(service, uuid.UUID(user_id))

    @queue.task(name=MAIL_DISABLED, queue=OFFICE_QUEUE, retry=retry)
    def disabled_job(endpoint_id: str, user_id: str) -> None:
        mail_disabled(service, uuid.UUID(endpoint_id), uuid.UUID(user_id))


def _reminders(service: Service) -> None:
    queue = service.queue

    @queue.periodic(cron="*/10 * * * *")
    @queue.task(name="remind", queue=OFFICE_QUEUE, queueing_lock="remind")
    def remind_job(timestamp: int) -> None:
        del timestamp
        with service.sessions.begin() as session:
            remind(session, queue, service.now(), mail=bool(service.settings.smtp.host))
