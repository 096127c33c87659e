"""Bodies that come too slowly end: a connection that only drips must not be held for ever."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from starlette.types import Message, Receive

from api.problems import TooSlow

SILENCE_SECONDS: Final = 60.0
"""Without a byte. A phone that changes cells is back sooner."""
BODY_SECONDS: Final = 1800.0
"""For a whole body: 20 MiB at 100 kbit/s."""


def patient(receive: Receive) -> Receive:
    """`receive`, which raises TooSlow where a body stops coming or takes too long."""
    ends = time.monotonic() + BODY_SECONDS
    over = False

    async def receive_in_time() -> Message:
        nonlocal over
        if over:  # what comes now is the end of the connection, which may be far off
            return await receive()
        left = min(SILENCE_SECONDS, ends - time.monotonic())
        try:
            message = await asyncio.wait_for(receive(), left)
        except TimeoutError as error:
            raise TooSlow(
                f"The upload stopped: nothing came for {SILENCE_SECONDS:.0f} seconds, or it took longer than "
                f"{BODY_SECONDS / 60:.0f} minutes. Nothing of it was taken. Send it again on a better line."
            ) from error
        over = not message.get("more_body", False)
        return message

    return receive_in_time
