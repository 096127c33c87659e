"""Who gets which message. Knows nothing of HTTP; all of it runs on one event loop and never waits."""

from __future__ import annotations

import asyncio
import itertools
from collections import defaultdict
from typing import Any, Final

MAX_WAITING: Final = 64


class Subscriber:
    """One subscription: the messages that wait for it, and whether it was dropped for being too slow."""

    def __init__(self) -> None:
        self.waiting: asyncio.Queue[dict[str, Any]] = asyncio.Queue(MAX_WAITING)
        self.dropped = asyncio.Event()


class Hub:
    """All topics and their subscribers."""

    def __init__(self) -> None:
        self._topics: defaultdict[str, set[Subscriber]] = defaultdict(set)
        self._numbers = itertools.count(1)

    def subscribe(self, topic: str) -> Subscriber:
        """Add a subscriber."""
        subscriber = Subscriber()
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

    def publish(self, topic: str, data: Any) -> tuple[int, int]:
        """Hand a message to every subscriber, and drop those for which too many wait.

        Returns its number, and how many subscribers it goes to. Numbering and handing out are one step: order is kept.
        """
        message = {"id": next(self._numbers), "topic": topic, "data": data}
        for subscriber in tuple(self._topics.get(topic, ())):
            try:
                subscriber.waiting.put_nowait(message)
            except asyncio.QueueFull:
                subscriber.dropped.set()
                self.unsubscribe(topic, subscriber)
        return message["id"], self.count(topic)
