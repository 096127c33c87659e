"""The driver's end of the frames: one stream with calls, services and tunnels, read by whoever waits first."""

from __future__ import annotations

import select
from collections import deque
from collections.abc import Callable
from typing import Any

from . import wire
from .child import CROWDED
from .peer import Gone
from .plain import json, os, threading, time

_CHUNK = 256 * 1024
_OVER_SECONDS = 30.0
_RESTART_SECONDS = 20.0
_WAITED = -1
"""A queue of its own for what the keeper says of waiting: others may wait for other answers of its."""
WORTH_IT = 0.05
"""Seconds without a processor that are worth another wait."""
_LISTEN_SECONDS = 0.05
"""So often a thread that only listens looks whether somebody waits."""
_MESSAGE_SECONDS = 50e-6
"""What a message costs at least: one that was waiting already costs the driver time, and none of the candidate's."""


class Clock:
    """How long the candidate's code may still run in the current test. It runs only while the driver waits.

    Time in which it wanted a processor that others had is forgiven: `CROWDED` times what a test has, and `patience`
    seconds in all.
    """

    def __init__(self, seconds: float, patience: float = 0.0) -> None:
        self.seconds = seconds
        self.used = 0.0
        self.total = 0.0
        self.spent = 0.0
        """Of all tests, with what was given back."""
        self._patience = patience
        self._forgiven = 0.0

    def spend(self, seconds: float) -> None:
        """The candidate's code ran for `seconds`."""
        self.used += seconds
        self.total += seconds
        self.spent += seconds

    def forgive(self, seconds: float) -> None:
        """Give back what was spent without a processor, as far as `allowed` says."""
        self.used -= seconds
        self.total -= seconds

    def allowed(self, seconds: float) -> float:
        """How many of the seconds without a processor may be given back; they are taken off what may be later."""
        given = max(0.0, min(seconds, self.seconds * CROWDED - self._forgiven, self._patience))
        self._forgiven += given
        self._patience -= given
        return given

    def reset(self, seconds: float | None = None) -> None:
        """A new test begins."""
        self.used = self._forgiven = 0.0
        if seconds is not None:
            self.seconds = seconds

    def remaining(self) -> float:
        """Seconds left."""
        return self.seconds - self.used


class Line:
    """Frames to and from the candidate's container, by way of the host."""

    def __init__(self, read_fd: int, write_fd: int, clock: Clock) -> None:
        self._read_fd = read_fd
        self._write_fd = write_fd
        self.clock = clock
        self._splitter = wire.Splitter()
        self._poll = select.poll()
        self._poll.register(read_fd, select.POLLIN)
        self._write_lock = threading.Lock()
        self._turn = threading.Condition()
        self._reading = False
        self._queues: dict[int, deque[bytes]] = {wire.CALL: deque(), wire.SERVICE: deque()}
        self.on_tunnel: Callable[[int, bytes], None] | None = None
        self.gone: Gone | None = None
        self._forgiven = 0.0
        """Of the candidate's processes that run now, for waiting."""
        self._is_over = False

    # -- sending ----------------------------------------------------------------------------------

    def write(self, kind: int, payload: bytes) -> None:
        """Send one frame.

        Raises:
            Gone: the payload is over the limit of a message, or the stream is closed.
        """
        try:
            data = memoryview(wire.frame(kind, payload))
        except wire.FrameError as error:
            raise Gone("limit", str(error)) from error
        with self._write_lock:
            while data:
                data = data[os.write(self._write_fd, data) :]

    def send(self, payload: bytes) -> None:
        """Send a message of the object bridge."""
        self.write(wire.CALL, payload)

    # -- receiving --------------------------------------------------------------------------------

    def receive(self, waiting: Callable[[], bool] | None = None) -> bytes:
        """The next message of the object bridge; the time spent here is the candidate's.

        A thread that only listens says by `waiting` whether somebody waits; while nobody does, no time is spent.

        Raises:
            Gone: the candidate's process ended, or its time is up.
        """
        payload = self._heard(waiting)
        while payload is None and (given := self.waited()) > WORTH_IT:
            self.clock.forgive(given)
            payload = self._heard(waiting)
        if payload is None:
            self.gone = self.gone or Gone("timeout", f"no answer within {self.clock.seconds:g} s")
            raise self.gone
        return payload

    def _heard(self, waiting: Callable[[], bool] | None) -> bytes | None:
        while True:
            start = time.monotonic()
            left = self.clock.remaining()
            counts = waiting is None or waiting()
            try:
                payload = self._within(wire.CALL, left if waiting is None else min(left, _LISTEN_SECONDS))
            finally:
                if counts or (waiting is not None and waiting()):
                    self.clock.spend(time.monotonic() - start)
            if payload is not None:
                self.clock.spend(_MESSAGE_SECONDS)
                return payload
            if self.clock.remaining() <= 0:
                return None

    def waited(self) -> float:
        """Seconds that are to be given back, not told before: the candidate's wanted a processor that others had.

        What the keeper says is the kernel's figure, told from within the candidate's box. Whoever forges it gains
        time, within the bounds of the clock, and nothing else.
        """
        self.write(wire.SERVICE, json.dumps({"do": "waited"}).encode())
        payload = self._within(_WAITED, _RESTART_SECONDS)
        seconds = json.loads(payload).get("seconds", 0.0) if payload is not None else 0.0
        if not isinstance(seconds, float):
            return 0.0
        given = self.clock.allowed(seconds - self._forgiven)
        self._forgiven += given
        return given

    def service(self, request: dict[str, Any], seconds: float, *, patient: bool = False) -> dict[str, Any]:
        """Ask the candidate's keeper for something; `patient`: wait for longer on a crowded machine.

        Raises:
            Gone: it did not answer in time.
        """
        self.write(wire.SERVICE, json.dumps(request).encode())
        payload = self._within(wire.SERVICE, seconds)
        while payload is None and patient and (given := self.waited()) > WORTH_IT:
            payload = self._within(wire.SERVICE, given)
        if payload is None:
            raise Gone("timeout", f"no answer to {request.get('do')!r} within {seconds:g} s")
        answer: dict[str, Any] = json.loads(payload)
        return answer

    def restart(self) -> None:
        """Let the keeper start a fresh process for the candidate's code.

        Raises:
            Gone: the keeper does not answer any more.
        """
        with self._turn:
            self._queues[wire.SERVICE].clear()  # answers that came too late for who asked
        answer = self.service({"do": "restart"}, _RESTART_SECONDS)
        while answer.get("event") != "restarted":
            payload = self._within(wire.SERVICE, _RESTART_SECONDS)
            if payload is None:
                raise Gone("protocol", "the candidate's keeper did not restart its process")
            answer = json.loads(payload)
        with self._turn:
            self._queues[wire.CALL].clear()
            self._queues.pop(_WAITED, None)
            self._forgiven = 0.0
            self.gone = None

    def wait_over(self) -> bool:
        """Read up to the host's word that nothing follows, and drop what comes before it; whether the word came."""
        self._is_over = True
        return self._within(wire.CONTROL, _OVER_SECONDS) is not None

    def read_forever(self) -> None:
        """For a thread: keep reading while nobody waits for a frame, so that tunnels flow."""
        while True:
            self._pull(0, lambda: 3600.0)

    def _within(self, kind: int, seconds: float) -> bytes | None:
        end = time.monotonic() + seconds
        return self._pull(kind, lambda: end - time.monotonic())

    def _pull(self, kind: int, remaining: Callable[[], float]) -> bytes | None:
        queue = self._queues.setdefault(kind, deque())
        with self._turn:
            while True:
                if queue:
                    return queue.popleft()
                if kind == wire.CALL and self.gone is not None:
                    raise self.gone
                left = remaining()
                if left <= 0:
                    return None
                if not self._reading:
                    self._reading = True
                    break
                self._turn.wait(left)
        try:
            while not queue:
                left = remaining()
                if left <= 0 or (kind == wire.CALL and self.gone is not None):
                    break
                if self._poll.poll(left * 1000):
                    self._read()
        finally:
            with self._turn:
                self._reading = False
                self._turn.notify_all()
        return self._pull(kind, remaining)

    def _read(self) -> None:
        data = os.read(self._read_fd, _CHUNK)
        if not data:
            raise Gone("closed", "the host closed the line")
        for kind, payload in self._splitter.feed(data):
            if self._is_over and kind != wire.CONTROL:
                continue
            if kind == wire.TUNNEL:
                if self.on_tunnel is not None:
                    self.on_tunnel(int.from_bytes(payload[:4], "big"), payload[4:])
                continue
            if kind == wire.SERVICE and self._is_ending(payload):
                continue
            with self._turn:
                self._queues.setdefault(kind, deque()).append(payload)
                self._turn.notify_all()

    def _is_ending(self, payload: bytes) -> bool:
        message = json.loads(payload)
        if message.get("event") == "waited":
            with self._turn:
                self._queues.setdefault(_WAITED, deque()).append(payload)
                self._turn.notify_all()
            return True
        if message.get("event") == "restarted":
            with self._turn:
                self._queues[wire.CALL].clear()
            return False
        if message.get("event") != "died":
            return False
        reason = str(message.get("reason", "died"))
        with self._turn:
            self.gone = Gone(reason, str(message.get("detail", ""))[:500])
            self._turn.notify_all()
        return True
