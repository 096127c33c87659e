"""Killed at the worst moment, and many at once: nothing is lost, and what comes twice has one id."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from api.audit.log import announce
from api.database.engine import plain_url
from api.hooks import sending
from api.hooks.sending import LEASE
from tests.api.hooks.conftest import Hooks
from tests.api.hooks.receiving import Receiver, after, answer

KILLED = Path(__file__).with_name("killed.py")
ROOT = Path(__file__).parents[3]


def test_a_sender_that_is_killed_between_sending_and_recording_is_made_up_for(
    hooks: Hooks, receiver: Receiver
) -> None:
    receiver.behaviours = [after(30, answer(204)), answer(204)]
    _, secret = hooks.endpoint(receiver.url)
    hooks.happen()
    data = str(hooks.service.settings.data)
    process = subprocess.Popen([sys.executable, KILLED, plain_url(hooks.service.engine), data], cwd=ROOT)
    deadline = time.monotonic() + 60
    while not receiver.got and time.monotonic() < deadline:
        time.sleep(0.05)
    process.kill()
    process.wait()

    assert hooks.attempts() == []
    hooks.send()
    assert len(receiver.got) == 1, "the lease of the dead one still runs"
    hooks.ahead = LEASE
    hooks.send()

    first, second = receiver.got
    assert first.id == second.id
    second.verified(secret)
    assert hooks.deliveries()[0].state == "delivered"


def storm(hooks: Hooks, receiver: Receiver, events: int) -> None:
    """Tell of `events`, sweep half of them twice, let two senders work at once, fail now and then."""
    counts: Counter[str] = Counter()

    def behave(handler: object, got: object) -> None:
        name = receiver.got[-1].id
        counts[name] += 1
        answer(503 if int(name[-2:], 16) < 8 and counts[name] == 1 else 204)(handler, got)  # type: ignore[arg-type]

    receiver.behaviours = [behave]
    hooks.endpoint(receiver.url)
    for start in range(0, events, 500):
        with hooks.service.sessions.begin() as session:
            for _ in range(min(500, events - start)):
                announce(session, "candidate.erased", uuid.uuid4(), hooks.service.now())
    with hooks.service.sessions.begin() as session:
        sending.fan_out(session, "", hooks.service.now())
        session.execute(text("UPDATE events SET sent_at = NULL WHERE get_byte(uuid_send(id), 15) % 2 = 0"))

    def work() -> None:
        while hooks.send():
            pass

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    hooks.ahead += timedelta(seconds=20)
    work()

    assert len({got.id for got in receiver.got}) == events
    assert {one.state for one in hooks.deliveries()} == {"delivered"}


def test_a_storm_with_half_duplicates_drains(hooks: Hooks, receiver: Receiver) -> None:
    storm(hooks, receiver, 300)


@pytest.mark.exhaustive
@pytest.mark.timeout(3600)
def test_a_storm_of_ten_thousand_drains(hooks: Hooks, receiver: Receiver) -> None:
    storm(hooks, receiver, 10_000)
