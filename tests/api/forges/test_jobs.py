"""The jobs, as a worker does them."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from sqlalchemy import text

from api.database.engine import plain_url
from api.fetching import FetchFailed
from api.forges.jobs import add_forge_tasks, clear_log
from api.queue import OFFICE_QUEUE, make_queue
from tests.api.conftest import Clock
from tests.api.forges.conftest import World
from tests.api.forges.payloads import Repository


def test_a_worker_fetches_submits_and_answers(github: World) -> None:
    github.link()
    commit = github.push()
    queue = make_queue(plain_url(github.service.engine))
    add_forge_tasks(replace(github.service, queue=queue), github.git)

    async def work() -> None:
        async with queue.open_async():
            await queue.run_worker_async(queues=[OFFICE_QUEUE], wait=False, install_signal_handlers=False)

    asyncio.run(work())

    assert len(github.submissions()) == 1
    assert github.forge.of(commit) == ["pending"]


def test_a_commit_that_waits_for_another_try_keeps_no_other_waiting(github: World) -> None:
    """The forge gives one candidate's repository in an hour, and another's at once."""
    ada, grace = Repository("take-homes/ada-slow", 71), Repository("take-homes/grace-slow", 72)
    for one in (ada, grace):
        github.link(one)
    first, second = github.push(repository=ada), github.push(repository=grace)
    github.git.failures = [FetchFailed("broken", "No answer.", ours=True)]
    queue = make_queue(plain_url(github.service.engine))
    add_forge_tasks(replace(github.service, queue=queue), github.git)

    async def work() -> None:
        async with queue.open_async():
            await queue.run_worker_async(queues=[OFFICE_QUEUE], wait=False, install_signal_handlers=False)

    asyncio.run(work())

    assert (github.row(first).state, github.row(first).fetch_tries) == ("fetching", 1)
    assert github.row(second).state == "submitted"


def test_a_delivery_and_its_job_are_there_together_or_not_at_all(github: World) -> None:
    github.link()
    github.push()

    with github.service.sessions() as session:
        jobs = text(
            "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'fetch_commit' AND lock = :lock"
        )
        lock = {"lock": f"forge:{github.connection_id}"}
        assert session.execute(jobs, lock).scalar_one() == 1
    assert len(github.log()) == 1


def test_the_log_is_cleared_of_what_is_old(github: World, clock: Clock) -> None:
    github.deliver(github.sender.unknown(github.repository))
    clock.advance(days=31)
    github.deliver(github.sender.unknown(github.repository))

    clear_log(github.service)

    assert len(github.log()) == 1
