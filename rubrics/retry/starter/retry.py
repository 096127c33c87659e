"""Retry calls with exponential back-off. See brief.md."""

import random
from collections.abc import Callable
from typing import Any


class GaveUp(Exception):
    """The last attempt failed as well."""


class Backoff:
    """How long to wait after a failure."""

    def __init__(
        self,
        delay: float = 1.0,
        factor: float = 2.0,
        max_delay: float = 60.0,
        jitter: float = 0.0,
        random: Callable[[], float] = random.random,
    ) -> None:
        raise NotImplementedError

    def wait(self, failures: int) -> float:
        """Return the seconds to wait after so many failures in a row."""
        raise NotImplementedError


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
    raise NotImplementedError
