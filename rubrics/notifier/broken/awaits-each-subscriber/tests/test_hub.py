"""Tests of who gets what, without a network."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from hub import MAX_SUBSCRIBERS, Hub, TopicFull


def sender(received: list[Any]) -> Callable[[dict[str, Any]], Awaitable[None]]:
    async def send(message: dict[str, Any]) -> None:
        received.append(message["data"])

    return send


def test_message_goes_to_its_topic() -> None:
    hub = Hub()
    received: list[Any] = []
    subscriber = hub.subscribe("a", sender(received))
    assert asyncio.run(hub.publish("a", "news")) == (1, 1)
    assert asyncio.run(hub.publish("b", "other")) == (2, 0)
    hub.unsubscribe("a", subscriber)
    assert asyncio.run(hub.publish("a", "late")) == (3, 0)
    assert received == ["news"]


def test_full() -> None:
    hub = Hub()
    for _ in range(MAX_SUBSCRIBERS):
        hub.subscribe("a", sender([]))
    with pytest.raises(TopicFull):
        hub.subscribe("a", sender([]))
