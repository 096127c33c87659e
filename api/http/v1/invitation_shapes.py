"""Invitations as the API takes and shows them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, Field

from api.http.v1.shapes import Given, Line, Moment, Shown, Storable
from api.invitations.tables import Invitation as Row
from api.invitations.windows import Phase, window
from api.takehomes.tables import Feedback


class NewInvitation(Given):
    """Whom to invite to what."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"take_home": "flatten", "name": "Ada Lovelace", "email": "ada@example.com"}]
        }
    )

    take_home: Annotated[str, Field(max_length=60), Storable]
    name: Annotated[str, Field(min_length=1, max_length=200), Storable]
    email: Annotated[str, Field(min_length=3, max_length=320), Storable]
    reference: Line = Field(default="", description="Your own id of the candidate.")
    opens_at: Moment | None = None
    closes_at: Moment | None = Field(default=None, description="Fixed end.")
    window_minutes: int | None = Field(
        default=None, ge=5, le=129_600, description="From the first opening. Null: as the take-home says."
    )
    extra_minutes: int = Field(default=0, ge=0, le=129_600, description="Accommodation.")
    extra_reason: Line = ""
    time_zone: Line = "UTC"
    max_attempts: int | None = Field(default=None, ge=1, le=100)
    feedback: Feedback | None = None
    level: Annotated[str, Field(max_length=60), Storable] | None = None


class Extension(Given):
    """More time."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"minutes": 1440, "reason": "was ill"}]})

    minutes: int = Field(ge=1, le=129_600)
    reason: Annotated[str, Field(min_length=1, max_length=200), Storable]


class Invitation(Shown):
    """An invitation. Its link is not kept: only the answer that makes an invitation has it."""

    id: uuid.UUID
    take_home: str
    candidate_id: uuid.UUID
    name: str
    email: str
    reference: str
    phase: Phase
    opens_at: datetime | None
    deadline: datetime | None = Field(description="Null while its window has not started.")
    window_minutes: int | None
    extra_minutes: int
    time_zone: str
    max_attempts: int
    feedback: Feedback
    level: str | None
    created_by: str
    created_at: datetime
    opened_at: datetime | None
    revoked_at: datetime | None


class MadeInvitation(Invitation):
    """A new invitation."""

    link: str = Field(description="For the candidate. Shown once: it is stored as a hash only.")


class ImportedInvitations(Shown):
    """New invitations, in the order of the lines."""

    items: tuple[MadeInvitation, ...]


def invitation_shown(row: Row, now: datetime) -> Invitation:
    """`row`, whose take-home and candidate are loaded, at `now`."""
    at = window(row, now)
    return Invitation(
        id=row.id,
        take_home=row.takehome.name,
        candidate_id=row.candidate_id,
        name=row.candidate.name,
        email=row.candidate.email,
        reference=row.candidate.reference,
        phase=at.phase,
        opens_at=row.opens_at,
        deadline=at.deadline,
        window_minutes=row.window_minutes,
        extra_minutes=row.extra_minutes,
        time_zone=row.time_zone,
        max_attempts=row.max_attempts,
        feedback=Feedback(row.feedback),
        level=row.level,
        created_by=row.created_by,
        created_at=row.created_at,
        opened_at=row.opened_at,
        revoked_at=row.revoked_at,
    )
