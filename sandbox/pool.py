"""Containers kept ready: one-shot candidate boxes that are warm, and long-lived seats.

A box is used once and destroyed. Making the next one costs processor time, so it waits until no grading runs; under
steady load every grading makes its own, which is no slower and disturbs nobody.

When the engine was restarted, whatever waited here is dead. That is seen when it is taken: the dead are dropped.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Hashable
from typing import Final

from sandbox.container import Container
from sandbox.errors import SandboxError

MAX_SEATS: Final = 16


class WarmPool:
    """Ready candidate containers by kind. `make` creates one and waits until it is ready."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._ready: dict[Hashable, list[Container]] = defaultdict(list)
        self._makers: dict[Hashable, Callable[[], Container]] = {}
        self._changed = threading.Condition()
        self._busy = 0
        self._closed = False
        self._filling = False
        self.problem: SandboxError | None = None
        self._thread: threading.Thread | None = None

    def take(self, kind: Hashable, make: Callable[[], Container]) -> Container:
        """A ready container of `kind`, made now where none waits."""
        with self._changed:
            self._busy += 1
            self._makers[kind] = make
            while self._ready[kind]:
                container = self._ready[kind].pop()
                if container.alive():
                    return container
                container.forsake()
        try:
            return make()
        except BaseException:
            self.done()
            raise

    def done(self) -> None:
        """A grading that took a container is over."""
        with self._changed:
            self._busy -= 1
            if self._size and self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._fill, name="warm pool", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def prepare(self, kind: Hashable, make: Callable[[], Container]) -> None:
        """Fill up for `kind` now, in this thread."""
        self._makers[kind] = make
        while len(self._ready[kind]) < self._size:
            self._ready[kind].append(make())

    def wait_filled(self) -> None:
        """Until every kind that was asked for is full again. For benchmarks."""
        with self._changed:
            while self._wanted() is not None and self.problem is None:
                self._changed.wait(0.05)

    def levels(self) -> tuple[int, int]:
        """How many containers wait ready, and how many gradings have taken one and are not over."""
        with self._changed:
            return sum(len(waiting) for waiting in self._ready.values()), self._busy

    def _wanted(self) -> Hashable | None:
        return next((kind for kind in self._makers if len(self._ready[kind]) < self._size), None)

    def _fill(self) -> None:
        while True:
            with self._changed:
                while not self._closed and (self._busy or self._wanted() is None):
                    self._changed.wait()
                if self._closed:
                    return
                kind = self._wanted()
                assert kind is not None
                make = self._makers[kind]
            try:
                container = make()
            except SandboxError as error:
                with self._changed:
                    self.problem = error  # the next grading makes its own and gets the error first-hand,
                    self._thread = None  # and when it is done, filling up is tried again
                return
            with self._changed:
                self.problem = None
                if not self._closed:
                    self._ready[kind].append(container)
                    self._changed.notify_all()
                    continue
            container.remove()
            return

    def close(self) -> None:
        """Remove what waits."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            filling = self._thread
        if filling is not None:
            filling.join()
        for waiting in self._ready.values():
            while waiting:
                waiting.pop().forsake()


class Seats:
    """Long-lived containers by what they are prepared for; lent to one grading at a time."""

    def __init__(self) -> None:
        self._idle: list[tuple[Hashable, Container]] = []
        self._lock = threading.Lock()

    def take(self, kind: Hashable, make: Callable[[], Container]) -> Container:
        """An idle seat of `kind`, made now where none waits."""
        while (seat := self._idle_one(kind)) is not None:
            if seat.alive():
                return seat
            seat.forsake()
        return make()

    def _idle_one(self, kind: Hashable) -> Container | None:
        with self._lock:
            for at, (prepared, seat) in enumerate(self._idle):
                if prepared == kind:
                    del self._idle[at]
                    return seat
        return None

    def give_back(self, kind: Hashable, seat: Container) -> None:
        """The seat is idle again; the one that has waited longest goes when there are too many."""
        surplus = None
        with self._lock:
            self._idle.append((kind, seat))
            if len(self._idle) > MAX_SEATS:
                _, surplus = self._idle.pop(0)
        if surplus is not None:
            surplus.forsake()

    def close(self) -> None:
        """Remove all idle seats."""
        with self._lock:
            seats, self._idle = self._idle, []
        for _, seat in seats:
            seat.forsake()
