"""The jobs of outgoing webhooks, for whichever process does jobs without a sandbox."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete

from api.hooks.sending import make_sender
from api.hooks.tables import Delivery, DeliveryState
from api.queue import OFFICE_QUEUE, SEND_HOOKS, defer_hooks
from api.service import Service


def add_hook_tasks(service: Service) -> None:
    """Tell the job engine of `service` how webhooks are sent, and when their log is cleared."""
    queue = service.queue

    @queue.periodic(cron="* * * * * */10")  # seconds come last
    @queue.task(name=SEND_HOOKS, queue=OFFICE_QUEUE, queueing_lock=SEND_HOOKS, lock=SEND_HOOKS)
    def send_hooks(timestamp: int = 0) -> None:
        del timestamp  # when the clock asked for it; 0 where an event did
        if make_sender(service).run():
            with service.sessions.begin() as session:
                defer_hooks(session)

    @queue.periodic(cron="41 3 * * *")
    @queue.task(name="clear_hook_log", queue=OFFICE_QUEUE, queueing_lock="clear_hook_log")
    def clear_hook_log(timestamp: int) -> None:
        del timestamp
        clear_log(service)


def clear_log(service: Service) -> None:
    """Delete deliveries, with their bodies and answers, that are older than GRADER_RETENTION__HOOK_LOG_DAYS."""
    days = service.settings.retention.hook_log_days
    if days:
        with service.sessions.begin() as session:
            session.execute(
                delete(Delivery).where(
                    Delivery.created_at <= service.now() - timedelta(days=days),
                    Delivery.state != DeliveryState.WAITING.value,
                )
            )
