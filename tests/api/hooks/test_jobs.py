"""The jobs: deferred with the event, run by a worker, and a log that is cleared."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import text

from api.hooks.jobs import add_hook_tasks, clear_log
from api.queue import OFFICE_QUEUE
from tests.api.hooks.conftest import Hooks
from tests.api.hooks.receiving import LOOPBACK, Receiver


def jobs(hooks: Hooks) -> list[str]:
    with hooks.service.sessions() as session:
        query = "SELECT status::text FROM procrastinate_jobs WHERE task_name = 'send_hooks' ORDER BY id"
        return list(session.scalars(text(query)))


def test_the_job_is_deferred_with_the_event_once_and_only_where_somebody_listens(
    hooks: Hooks, receiver: Receiver
) -> None:
    hooks.happen()
    assert jobs(hooks) == []

    hooks.endpoint(receiver.url)
    for _ in range(3):
        hooks.happen()

    assert jobs(hooks) == ["todo"]


def test_a_worker_sends_what_happened(hooks: Hooks, receiver: Receiver) -> None:
    hooks.endpoint(receiver.url)
    hooks.happen()
    settings = hooks.service.settings.model_copy(update={"outside": LOOPBACK})
    service = replace(hooks.service, settings=settings)
    add_hook_tasks(service)

    async def work() -> None:
        queue = service.queue
        async with queue.open_async():
            await queue.run_worker_async(queues=[OFFICE_QUEUE], wait=False, install_signal_handlers=False)

    asyncio.run(work())

    assert len(receiver.got) == 1
    assert "succeeded" in jobs(hooks)


def test_the_log_is_cleared_of_what_is_old_and_done(hooks: Hooks, receiver: Receiver) -> None:
    hooks.endpoint(receiver.url)
    hooks.happen()
    hooks.send()
    hooks.ahead = timedelta(days=31)
    hooks.happen()
    hooks.send()

    clear_log(hooks.service)

    assert len(hooks.deliveries()) == len(hooks.attempts()) == 1
