"""Retry calls with exponential back-off and jitter."""

import functools
import random
import time
from collections.abc import Callable
from typing import Any


class GaveUp(Exception):
    """The last attempt failed as well; `__cause__` is what it raised."""

    def __init__(self, attempts: int, error: BaseException) -> None:
        self.attempts = attempts
        super().__init__(f"gave up after {attempts} attempts: {error}")


class Backoff:
    """How long to wait after a failure: exponential, capped, with jitter."""

    def __init__(
        self,
        delay: float = 1.0,
        factor: float = 2.0,
        max_delay: float = 60.0,
        jitter: float = 0.0,
        random: Callable[[], float] = random.random,
    ) -> None:
        """Times are in seconds. `jitter` is the share of a wait, 0 to 1, that is left to `random`."""
        self.delay = delay
        self.factor = factor
        self.max_delay = max_delay
        self.jitter = jitter
        self.random = random

    def wait(self, failures: int) -> float:
        """Return the seconds to wait after so many failures in a row."""
        try:
            seconds = min(self.delay * self.factor ** (failures - 1), self.max_delay)
        except OverflowError:  # beyond what a float can hold, so beyond the cap
            seconds = self.max_delay
        return seconds * (1 - self.jitter * self.random())


def retry(
    exceptions: type[BaseException] | tuple[type[BaseException], ...] = Exception,
    *,
    attempts: int = 3,
    backoff: Backoff | None = None,
    give_up_after: float | None = None,
    on_retry: Callable[[int, BaseException, float], Any] | None = None,
    sleep: Callable[[float], Any] | None = None,
    clock: Callable[[], float] | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that calls the function again when it raises one of `exceptions`.

    The decorated function raises `GaveUp` when `attempts` calls have failed, or when the next one would start
    more than `give_up_after` seconds after the first.
    """
    schedule = backoff or Backoff()

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def retrying(*args: Any, **kwargs: Any) -> Any:
            now = clock or time.monotonic
            started = now()
            failures = 0
            while True:
                try:
                    return function(*args, **kwargs)
                except exceptions as error:
                    failures += 1
                    if failures == attempts:
                        raise GaveUp(failures, error) from error
                    seconds = schedule.wait(failures)
                    if give_up_after is not None and now() - started + seconds > give_up_after:
                        raise GaveUp(failures, error) from error
                    if on_retry is not None:
                        on_retry(failures, error, seconds)
                (sleep or time.sleep)(seconds)

        return retrying

    return decorate
