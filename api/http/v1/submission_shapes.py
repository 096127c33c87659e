"""Submissions as the API shows them."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import ConfigDict, Field, JsonValue

from api.http.v1.shapes import Shown
from api.reviews.tables import Verdict
from api.submissions.states import State
from api.submissions.tables import Submission as Row

EXAMPLE: Final[JsonValue] = {
    "id": "0193583e-6f1c-7a51-9d30-3f6d1c9f7a10",
    "take_home": "flatten",
    "suite_version": 1,
    "level": None,
    "attempt": 1,
    "source": "api",
    "label": "ada",
    "candidate_id": None,
    "invitation_id": None,
    "file_name": "work.zip",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "size": 4096,
    "received_at": "2026-11-24T21:00:00Z",
    "state": "graded",
    "state_at": "2026-11-24T21:00:01Z",
    "progress": {},
    "score": {"share": 0.71, "points": 71.0, "max_points": 100.0, "pending": 0.0, "band": "Good"},
    "decision": None,
}


class Score(Shown):
    """What the report in force says, in short."""

    share: float = Field(description="Of the points that can be had, 0 to 1.")
    points: float
    max_points: float
    pending: float = Field(description="Points that wait for a person.")
    band: str | None


class Submission(Shown):
    """One upload."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    id: uuid.UUID
    take_home: str
    suite_version: int = Field(description="Version of the take-home that it is graded with.")
    level: str | None = Field(description="Seniority level of the rubric; null is its base.")
    attempt: int
    source: str = Field(description="page, api, ci or webhook")
    label: str
    candidate_id: uuid.UUID | None
    invitation_id: uuid.UUID | None
    file_name: str = Field(description="As the uploader called it. Hostile like all that they wrote.")
    sha256: str = Field(description="Of the bytes as they came.")
    size: int = Field(description="Bytes.")
    received_at: datetime
    state: State
    state_at: datetime
    progress: dict[str, Any] = Field(description="`step` says how far a grading is; empty otherwise.")
    score: Score | None = Field(description="Null until graded, and where it could not be judged.")
    decision: Verdict | None


def shown(row: Row) -> Submission:
    """`row`, whose take-home and suite version are loaded."""
    score = None
    if row.share is not None and row.points is not None and row.max_points is not None:
        score = Score(
            share=row.share,
            points=row.points,
            max_points=row.max_points,
            pending=row.pending or 0.0,
            band=row.band,
        )
    return Submission(
        id=row.id,
        take_home=row.takehome.name,
        suite_version=row.suite.number,
        level=row.level,
        attempt=row.attempt,
        source=row.source,
        label=row.label,
        candidate_id=row.candidate_id,
        invitation_id=row.invitation_id,
        file_name=row.file_name,
        sha256=row.blob,
        size=row.size,
        received_at=row.received_at,
        state=State(row.state),
        state_at=row.state_at,
        progress=row.progress,
        score=score,
        decision=Verdict(row.decision) if row.decision else None,
    )


class ReportFormat(StrEnum):
    """How a report is wanted."""

    JSON = "json"
    HTML = "html"
    JUNIT = "junit"
    SARIF = "sarif"


MEDIA_TYPES = {
    ReportFormat.JSON: "application/json",
    ReportFormat.HTML: "text/html",
    ReportFormat.JUNIT: "application/xml",
    ReportFormat.SARIF: "application/sarif+json",
}


class Watched(Shown):
    """One event of a submission's stream."""

    state: State
    progress: Annotated[dict[str, Any], Field(description="As in the submission.")]
    score: Score | None
