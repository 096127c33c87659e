"""When a delivery that failed is tried again, and when an endpoint is given up. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

BACK_OFF: Final = (
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""After the first failure, the second, …; a delivery is tried once more than there are waits: about three days."""
JITTER: Final = 0.1
"""Each wait is this much shorter or longer by chance, so that what failed together does not come back together."""
GIVE_UP: Final = timedelta(days=3)
"""An endpoint that has failed for so long without a single success is disabled."""


MOST_ASKED: Final = timedelta(hours=24)
"""Who answers "Retry-After" is waited for, up to this long."""


def asked_wait(answer: str, now: datetime) -> timedelta:
    """What a `Retry-After` header asks for (RFC 9110, section 10.2.3: seconds, or a date); nothing where it is none."""
    try:
        seconds = timedelta(seconds=int(answer)) if answer.isascii() and answer.isdigit() else None
        wait = seconds if seconds is not None else parsedate_to_datetime(answer) - now
    except (ValueError, TypeError, OverflowError):
        return timedelta()
    return min(max(wait, timedelta()), MOST_ASKED)


def wait_after(failures: int, chance: float) -> timedelta | None:
    """How long to wait after so many failures of a delivery; None: no more. `chance` is 0 to 1."""
    if failures > len(BACK_OFF):
        return None
    return BACK_OFF[failures - 1] * (1 - JITTER + 2 * JITTER * chance)
