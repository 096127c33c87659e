"""A retry decorator with exponential back-off."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import wraps
from typing import Any


class GaveUp(Exception):
    """All attempts failed; the cause is the exception of the last one."""

    def __init__(self, attempts: int, last: BaseException) -> None:
        super().__init__(f"{attempts} attempts failed, the last with: {last}")
        self.attempts = attempts


class Backoff:
    """Exponential waiting times with a cap and jitter."""

    def __init__(
        self,
        delay: float = 1.0,
        factor: float = 2.0,
        max_delay: float = 60.0,
        jitter: float = 0.0,
        random: Callable[[], float] = random.random,
    ) -> None:
        if delay < 0 or max_delay < 0:
            raise ValueError("delay and max_delay must not be negative")
        if factor < 1:
            raise ValueError("factor must be 1 or more")
        if not 0 <= jitter <= 1:
            raise ValueError("jitter must be between 0 and 1")
        self._delay = delay
        self._factor = factor
        self._max_delay = max_delay
        self._jitter = jitter
        self._random = random

    def wait(self, failures: int) -> float:
        """Return the seconds to wait after `failures` failures in a row."""
        if failures < 1:
            raise ValueError("nothing has failed yet")
        wait = self._delay
        for _ in range(failures - 1):
            if wait >= self._max_delay or self._factor == 1:
                break
            wait *= self._factor
        return min(wait, self._max_delay) * (1 - self._jitter * self._random())


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
    """Return a decorator that calls the function again when it raises one of `exceptions`."""
    if attempts < 1:
        raise ValueError("attempts must be 1 or more")
    if give_up_after is not None and give_up_after < 0:
        raise ValueError("give_up_after must not be negative")
    pauses = Backoff() if backoff is None else backoff

    def decorator(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            read_clock = clock or time.monotonic
            start = read_clock()
            for attempt in range(1, attempts + 1):
                try:
                    return function(*args, **kwargs)
                except exceptions as error:
                    if attempt == attempts:
                        raise GaveUp(attempt, error) from error
                    pause = pauses.wait(attempt)
                    if give_up_after is not None and read_clock() + pause > start + give_up_after:
                        raise GaveUp(attempt, error) from error
                    if on_retry:
                        on_retry(attempt, error, pause)
                (sleep or time.sleep)(pause)
            raise AssertionError("the last attempt returns or raises")

        return wrapper

    return decorator
