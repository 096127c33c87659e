"""A few computations to try `run_jobs` with. The hidden tests use them too: leave this file as it is."""

import os
import time


def process_id() -> int:
    """The id of the process that this runs in."""
    return os.getpid()


def divide(dividend: float, divisor: float) -> float:
    """A computation that can fail."""
    return dividend / divisor


def stint(seconds: float) -> tuple[float, float]:
    """Stand for a computation that takes so long: gives when it began and ended, as of `time.monotonic`."""
    began = time.monotonic()
    time.sleep(seconds)
    return began, time.monotonic()


def crash() -> None:
    """Stand for a computation that takes its whole process with it."""
    os._exit(7)
