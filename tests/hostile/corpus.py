"""All hostile ideas, in one list."""

from __future__ import annotations

from typing import Final

from tests.hostile.idea import Idea
from tests.hostile.ideas import (
    answers,
    bombs,
    callbacks,
    commands,
    equality,
    exits,
    floods,
    forging,
    inspection,
    mutating,
    own_testing,
    printing,
    processes,
    pytest_tampering,
    servers,
    shadowing,
    silencing,
    snares,
    watering,
)

CORPUS: Final[tuple[Idea, ...]] = (
    *pytest_tampering.IDEAS,
    *exits.IDEAS,
    *equality.IDEAS,
    *inspection.IDEAS,
    *forging.IDEAS,
    *shadowing.IDEAS,
    *processes.IDEAS,
    *bombs.IDEAS,
    *silencing.IDEAS,
    *printing.IDEAS,
    *callbacks.IDEAS,
    *commands.IDEAS,
    *servers.IDEAS,
    *floods.IDEAS,
    *answers.IDEAS,
    *watering.IDEAS,
    *snares.IDEAS,
    *own_testing.IDEAS,
    *mutating.IDEAS,
)
