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
        """Times are in seconds. `jitter` is the share of a wait, 0 to 1, that is left to `random`.

        Raises:
            ValueError: a number is out of its range.
        """
        _require(delay >= 0, "delay", delay, "at least 0")
        _require(factor >= 1, "factor", factor, "at least 1")
        _require(max_delay >= 0, "max_delay", max_delay, "at least 0")
        _require(0 <= jitter <= 1, "jitter", jitter, "between 0 and 1")
        self.delay = delay
        self.factor = factor
        self.max_delay = max_delay
        self.jitter = jitter
        self.random = random

    def wait(self, failures: int) -> float:
        """Return the seconds to wait after so many failures in a row.

        Raises:
            ValueError: `failures` is below 1.
        """
        _require(failures >= 1, "failures", failures, "at least 1")
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

    Raises:
        ValueError: a number is out of its range.
    """
    _require(attempts >= 1, "attempts", attempts, "at least 1")
    if give_up_after is not None:
        _require(give_up_after >= 0, "give_up_after", give_up_after, "at least 0")
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
                except Exception as error:
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


def _require(holds: bool, name: str, value: float, expected: str) -> None:
    if not holds:
        raise ValueError(f"{name} must be {expected}, not {value}")
