"""Waiting for a command that runs: its output, bounded, and its time."""

from __future__ import annotations

import os
import selectors
import subprocess
import time
from collections.abc import Callable

from .child import CROWDED, Starved

_LOOK_SECONDS = 0.01


class TimeLimit:
    """Seconds for a command. Those in which it was starved do not count, up to `CROWDED` times as many."""

    def __init__(self, pid: int, seconds: float) -> None:
        self.starved = Starved(pid)
        self._seconds = seconds
        self._begin = time.monotonic()
        self._given = 0.0

    def left(self) -> float:
        """Seconds until it should be looked at again; 0 or less when the time is up."""
        over = time.monotonic() - self._begin - self._seconds
        if over >= self._given:
            self._given = min(self.starved.seconds(), self._seconds * (CROWDED - 1))
        return self._given - over


class Streams:
    """Drains a process's pipes, bounded, until it exits: a lingering grandchild cannot hold us up."""

    def __init__(self, process: subprocess.Popen[bytes], limit: int, look: Callable[[], None]) -> None:
        """`look` is called every now and then while the process runs."""
        self._process = process
        self._look = look
        self._limit = limit
        self._kept = {1: bytearray(), 2: bytearray()}
        self._cut: set[int] = set()

    def pump(self, limit: TimeLimit) -> bool:
        """Whether the process exited in time."""
        selector = selectors.DefaultSelector()
        process = self._process
        assert process.stdout is not None
        assert process.stderr is not None
        pidfd = os.pidfd_open(process.pid)
        selector.register(pidfd, selectors.EVENT_READ, 0)
        for pipe, number in ((process.stdout, 1), (process.stderr, 2)):
            os.set_blocking(pipe.fileno(), False)
            selector.register(pipe, selectors.EVENT_READ, number)
        try:
            return self._loop(selector, limit)
        finally:
            selector.close()
            os.close(pidfd)
            process.stdout.close()
            process.stderr.close()

    def _loop(self, selector: selectors.BaseSelector, limit: TimeLimit) -> bool:
        while True:
            left = limit.left()
            if left <= 0:
                return False
            exited = False
            self._look()
            for key, _ in selector.select(min(left, _LOOK_SECONDS)):
                if key.data == 0:
                    exited = True
                elif not self._take(key.fd, key.data):
                    selector.unregister(key.fileobj)
            if exited:
                for pipe, number in ((self._process.stdout, 1), (self._process.stderr, 2)):
                    while pipe is not None and self._take(pipe.fileno(), number, once=True):
                        continue
                return True

    def _take(self, fd: int, number: int, *, once: bool = False) -> bool:
        try:
            data = os.read(fd, 1 << 16)
        except BlockingIOError:
            return not once
        if not data:
            return False
        room = self._limit - len(self._kept[number])
        self._kept[number] += data[:room]
        if len(data) > room:
            self._cut.add(number)
        return not (once and len(data) > room)

    def text(self, number: int) -> bytes:
        """What was kept of a stream; says so where it was cut."""
        note = (
            f"\n[cut: more than {self._limit:,} bytes were printed]\n".encode()
            if number in self._cut
            else b""
        )
        return bytes(self._kept[number]) + note
