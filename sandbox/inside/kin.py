"""Processes that one of the candidate's forks for a piece of work: what they answer, within wall and CPU time."""

from __future__ import annotations

import json
import os
import select
import socket
import time
from collections.abc import Callable
from typing import Any

from .child import CHUNK, CROWDED, cpu_of, waited_by
from .process import close_all_but, kill_group, run_and_exit

_LOOK_SECONDS = 0.02
_MOST = 16 * 2**20
TIMEOUT = "timeout"


class Kin:
    """A forked process that does `work` with its end of a socket; it leads a process group, not a session."""

    def __init__(self, work: Callable[[socket.socket], None], closing: socket.socket | None = None) -> None:
        """Fork. All descriptors are closed there, or only `closing`, where theirs are needed.

        Raises:
            OSError: the box is full.
        """
        self.sock, theirs = socket.socketpair()
        self.pid = os.fork()
        if self.pid == 0:
            if closing is None:
                close_all_but({theirs.fileno()})
            else:
                closing.close()
                self.sock.close()
            os.setpgid(0, 0)
            run_and_exit(lambda: work(theirs))
        theirs.close()
        self._pidfd = os.pidfd_open(self.pid)
        self._answer = bytearray()
        self._ended = False
        self.waited = 0.0
        """Seconds for which it could have run and had no processor, as far as it was looked at."""

    def answer(self, seconds: float, cpu: float) -> Any:
        """The JSON that it sent by its end; None when it sent none; `TIMEOUT` when it took too long.

        `seconds` are of time in which it ran or slept, `cpu` of processor time, both of the process alone.
        """
        begin = time.monotonic()
        while not self._ended:
            self.hear(_LOOK_SECONDS)
            self.waited = max(self.waited, waited_by(self.pid))
            took = time.monotonic() - begin
            if took - self.waited > seconds or took > seconds * CROWDED or cpu_of(self.pid) > cpu:
                self.end()
                return TIMEOUT
        self.end()
        try:
            return json.loads(bytes(self._answer))
        except (ValueError, RecursionError):
            return None

    def hear(self, seconds: float) -> bytes:
        """What it says within the time, and whether it has ended; what was said is kept for `answer` too."""
        watched: list[Any] = [self.sock, self._pidfd]
        ready, _, _ = select.select(watched, [], [], seconds)
        said = b""
        if self.sock in ready:
            said = self._received()
            if not said:
                time.sleep(0 if self._pidfd in ready else _LOOK_SECONDS)  # it closed its end and goes on
        if self._pidfd in ready:
            while part := self._received():
                said += part
            self._ended = True
        return said

    def _received(self) -> bytes:
        try:
            part = self.sock.recv(CHUNK, socket.MSG_DONTWAIT)
        except OSError:
            return b""
        if len(self._answer) < _MOST:
            self._answer += part
        return part

    @property
    def ended(self) -> bool:
        """Whether it was seen to have ended."""
        return self._ended

    def end(self) -> None:
        """End it with its group, where that is still to be done."""
        if self._pidfd < 0:
            return
        kill_group(self.pid)
        os.waitpid(self.pid, 0)
        os.close(self._pidfd)
        self.sock.close()
        self._pidfd = -1
        self._ended = True


class Clock:
    """What a machine with many others on it may not be charged for: time without a processor does not count."""

    def __init__(self, seconds: float) -> None:
        """There are `seconds` to go, from now on, in this process."""
        self._until = time.monotonic() + seconds
        self._backstop = time.monotonic() + seconds * CROWDED
        self._before = waited_by("self")
        self.waited = 0.0
        """Of others, while this process did nothing but wait for them."""

    @property
    def left(self) -> float:
        """Seconds."""
        now = time.monotonic()
        own = waited_by("self") - self._before
        return min(self._until + self.waited + own - now, self._backstop - now)


def say(sock: socket.socket, message: Any) -> None:
    """One line of JSON."""
    sock.sendall(json.dumps(message).encode() + b"\n")
