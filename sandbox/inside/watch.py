"""The time of a hidden test in which nobody is called: a test that waits for what never comes has an end, too."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from .child import waited_by
from .line import WORTH_IT, Line
from .peer import Gone
from .plain import os, time

_ALARM, _set_timer, _set_handler, _handler = signal.SIGALRM, signal.setitimer, signal.signal, signal.getsignal
"""As they are before a test replaces parts of `signal`."""
_BRIDGE = frozenset(os.path.join(os.path.dirname(__file__), name) for name in ("line.py", "peer.py"))
_AGAIN_SECONDS = 0.1
_CLEAN_UP_SECONDS = 5.0
_LEAST_SECONDS = 0.001


class Watch:
    """Bounds what a test waits outside of calls: on a socket, for a callback's turn, for a thread, asleep.

    Calls have `Clock`. The tests' own processor time is not counted, nor that in which they or the candidate's
    processes wanted a processor that others had. It is the alarm of pytest-timeout's default method: a test that sets
    an alarm of its own goes without, and the host ends its suite.
    """

    def __init__(self, line: Line, seconds: float, lose: Callable[[Gone], None]) -> None:
        """A test may wait for `seconds`; `lose` is told before it is interrupted."""
        self._line = line
        self._seconds = seconds
        self._lose = lose
        self._given = 0.0
        self._before = self._counted()

    def begin(self) -> None:
        """A test begins, in the main thread."""
        self._given = 0.0
        self._before = self._counted()
        if _handler(_ALARM) == signal.SIG_DFL:
            _set_handler(_ALARM, self._look)
        self._arm(self._seconds)

    def end(self) -> float:
        """It ended; the seconds that it waited."""
        self._arm(0)
        return max(0.0, self._idle())

    @contextmanager
    def apart(self) -> Iterator[None]:
        """What is done here has a limit of its own."""
        before = self._idle()
        self._arm(0)
        try:
            yield
        finally:
            self._given += self._idle() - before
            self._arm(max(_LEAST_SECONDS, self._seconds - self._idle()))

    def _arm(self, seconds: float) -> None:
        """Look again after so long; 0: not. Where the suite has an alarm of its own it keeps it."""
        if _handler(_ALARM) == self._look:
            _set_timer(signal.ITIMER_REAL, seconds)

    def _counted(self) -> float:
        """Seconds, from whatever beginning, less those that are not the test's waiting."""
        return time.monotonic() - self._line.clock.spent - sum(os.times()[:4]) - waited_by("self")

    def _idle(self) -> float:
        return self._counted() - self._before - self._given

    def _look(self, _: int, frame: FrameType | None) -> None:
        left = self._seconds - self._idle()
        if left > 0:
            self._arm(max(_LEAST_SECONDS, left))
            return
        if _in_bridge(frame):
            self._arm(_AGAIN_SECONDS)
            return
        given = self._line.waited()
        self._given += given
        if given > WORTH_IT:
            self._arm(given)
            return
        self._arm(_CLEAN_UP_SECONDS)  # what cleans up may wait for the same
        gone = Gone("timeout", f"the test waited {self._seconds:g} s for what did not happen")
        self._lose(gone)
        raise gone


def _in_bridge(frame: Any) -> bool:
    """Whether the bridge itself waits, or is in the middle of a message: calls have their own clock."""
    while frame is not None and frame.f_globals.get("__name__") == "threading":
        frame = frame.f_back
    return frame is not None and frame.f_code.co_filename in _BRIDGE
