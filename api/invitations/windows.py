"""When an invitation is open. Pure: times in, an answer out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from api.invitations.tables import Invitation

GRACE: Final = timedelta(minutes=15)
"""An upload that was begun in time may end so much later: a slow line costs nobody the deadline."""


class Phase(StrEnum):
    """Where an invitation stands."""

    EARLY = "early"
    """Fixed dates that have not begun."""
    READY = "ready"
    """Open; the window starts with the first opening, which has not happened."""
    OPEN = "open"
    OVER = "over"
    REVOKED = "revoked"


@dataclass(frozen=True)
class Window:
    """An invitation at one moment."""

    phase: Phase
    opens_at: datetime | None
    deadline: datetime | None
    """None where it has no end, or where the window has not started."""
    left: timedelta | None
    """Until the deadline; None where there is none."""

    @property
    def takes_uploads(self) -> bool:
        """Whether an upload is accepted now."""
        return self.phase in {Phase.READY, Phase.OPEN}


def deadline(invitation: Invitation) -> datetime | None:
    """When it ends: the earlier of fixed end and started window, plus the extra time."""
    ends = []
    if invitation.closes_at is not None:
        ends.append(invitation.closes_at)
    if invitation.window_minutes is not None and invitation.opened_at is not None:
        ends.append(invitation.opened_at + timedelta(minutes=invitation.window_minutes))
    return min(ends) + timedelta(minutes=invitation.extra_minutes) if ends else None


def window(invitation: Invitation, now: datetime) -> Window:
    """The invitation at `now`."""
    end = deadline(invitation)
    left = max(end - now, timedelta()) if end is not None else None
    if invitation.revoked_at is not None:
        phase = Phase.REVOKED
    elif invitation.opens_at is not None and now < invitation.opens_at:
        phase = Phase.EARLY
    elif end is not None and now >= end:
        phase = Phase.OVER
    elif invitation.opened_at is None:
        phase = Phase.READY
    else:
        phase = Phase.OPEN
    return Window(phase, invitation.opens_at, end, left)


def deadline_if_started(invitation: Invitation, now: datetime) -> datetime | None:
    """The deadline that starting at `now` would give; None where it has no end."""
    ends = [invitation.closes_at] if invitation.closes_at is not None else []
    if invitation.window_minutes is not None:
        ends.append(now + timedelta(minutes=invitation.window_minutes))
    return min(ends) + timedelta(minutes=invitation.extra_minutes) if ends else None


def counted_from(begun_at: datetime, now: datetime) -> datetime:
    """The moment by which the window judges an upload: when it was begun, but at most `GRACE` ago."""
    return max(min(begun_at, now), now - GRACE)
