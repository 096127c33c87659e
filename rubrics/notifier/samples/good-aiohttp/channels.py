"""Channels: who listens to what, and what waits for whom."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

WAITING = 64
LISTENERS = 32


class ChannelFull(Exception):
    """No place for another listener."""


class Listener:
    """A mailbox, and a flag that is set when it overflows."""

    def __init__(self) -> None:
        self.mailbox: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue(WAITING)
        self.overflowed = asyncio.Event()


class Channels:
    """All listeners by topic."""

    def __init__(self) -> None:
        self._listeners: dict[str, list[Listener]] = {}
        self._last_id = 0

    def size(self, topic: str) -> int:
        """Number of listeners."""
        return len(self._listeners.get(topic, []))

    def join(self, topic: str) -> Listener:
        """Add a listener, or raise ChannelFull."""
        if self.size(topic) == LISTENERS:
            raise ChannelFull(topic)
        listener = Listener()
        self._listeners.setdefault(topic, []).append(listener)
        return listener

    def leave(self, topic: str, listener: Listener) -> None:
        """Remove a listener that may have been removed already."""
        rest = [each for each in self._listeners.get(topic, []) if each is not listener]
        if rest:
            self._listeners[topic] = rest
        else:
            self._listeners.pop(topic, None)

    def tell(self, topic: str, data: Any) -> dict[str, int]:
        """Put a message into all mailboxes of a topic; listeners whose mailbox is full have to leave."""
        self._last_id += 1
        message = {"id": self._last_id, "topic": topic, "data": data}
        for listener in list(self._listeners.get(topic, [])):
            if listener.mailbox.full():
                listener.overflowed.set()
                self.leave(topic, listener)
            else:
                listener.mailbox.put_nowait(message)
        return {"id": self._last_id, "subscribers": self.size(topic)}
