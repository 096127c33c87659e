"""When a delivery that failed is tried again, and when an endpoint is given up. Pure."""

from __future__ import annotations

from datetime import timedelta
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


def wait_after(failures: int, chance: float) -> timedelta | None:
    """How long to wait after so many failures of a delivery; None: no more. `chance` is 0 to 1."""
    if failures > len(BACK_OFF):
        return None
    return BACK_OFF[failures - 1] * (1 - JITTER + 2 * JITTER * chance)
