"""Who gets which message. Knows nothing of HTTP; all of it runs on one event loop."""

from __future__ import annotations

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any, Final

MAX_SUBSCRIBERS: Final = 32

Send = Callable[[dict[str, Any]], Awaitable[None]]


class TopicFull(Exception):
    """The topic has as many subscribers as it may have."""


class Subscriber:
    """One subscription, and how to send to it."""

    def __init__(self, send: Send) -> None:
        self.send = send


class Hub:
    """All topics and their subscribers."""

    def __init__(self) -> None:
        self._topics: defaultdict[str, set[Subscriber]] = defaultdict(set)
        self._numbers = itertools.count(1)
        self._one_at_a_time = asyncio.Lock()

    def subscribe(self, topic: str, send: Send) -> Subscriber:
        """Add a subscriber.

        Raises:
            TopicFull: there are as many as there may be.
        """
        if self.count(topic) >= MAX_SUBSCRIBERS:
            raise TopicFull(f"{topic} has {MAX_SUBSCRIBERS} subscribers already")
        subscriber = Subscriber(send)
        self._topics[topic].add(subscriber)
        return subscriber

    def unsubscribe(self, topic: str, subscriber: Subscriber) -> None:
        """Forget a subscriber; no matter whether it was dropped before."""
        self._topics[topic].discard(subscriber)
        if not self._topics[topic]:
            del self._topics[topic]

    def count(self, topic: str) -> int:
        """How many subscribers the topic has."""
        return len(self._topics.get(topic, ()))

    async def publish(self, topic: str, data: Any) -> tuple[int, int]:
        """Send a message to every subscriber; one message after the other, so order is kept.

        Returns its number, and how many subscribers it goes to.
        """
        async with self._one_at_a_time:
            message = {"id": next(self._numbers), "topic": topic, "data": data}
            for subscriber in tuple(self._topics.get(topic, ())):
                await subscriber.send(message)
        return message["id"], self.count(topic)
