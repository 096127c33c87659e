"""Attempts are counted in windows, each from its first attempt on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from api.problems import TooMany
from api.service import Service
from api.throttle import count, forget, refuse_beyond
from tests.api.conftest import Clock

HOUR = timedelta(hours=1)


def counted(service: Service, who: str = "ada") -> int:
    with service.sessions.begin() as session:
        return count(session, "upload", who, service.now(), HOUR)


def test_a_window_ends_an_hour_after_its_first_attempt_and_the_next_begins_at_one(
    service: Service, clock: Clock
) -> None:
    assert [counted(service), counted(service), counted(service, "grace")] == [1, 2, 1]
    clock.advance(minutes=59)
    assert counted(service) == 3
    clock.advance(minutes=1)
    assert counted(service) == 1
    clock.advance(minutes=59)
    assert counted(service) == 2


def test_whoever_has_reached_the_most_waits_for_the_end_of_the_window(service: Service, clock: Clock) -> None:
    for _ in range(2):
        counted(service)
    clock.advance(minutes=40)
    with service.sessions.begin() as session:
        refuse_beyond(session, "upload", "ada", 3, service.now())
        with pytest.raises(TooMany, match="20 minutes") as refused:
            refuse_beyond(session, "upload", "ada", 2, service.now())
        assert refused.value.retry_after == 1200
        clock.advance(minutes=20)
        refuse_beyond(session, "upload", "ada", 2, service.now())


def test_what_is_forgotten_starts_over(service: Service) -> None:
    counted(service)
    with service.sessions.begin() as session:
        forget(session, "upload", "ada")
    assert counted(service) == 1
