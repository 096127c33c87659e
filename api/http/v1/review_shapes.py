"""What people decide, as the API takes and shows it."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import ConfigDict, Field

from api.http.v1.shapes import Given, Prose, Shown, Storable
from api.reviews.tables import Comment as CommentRow
from api.reviews.tables import Decision as DecisionRow
from api.reviews.tables import JudgementRow, Verdict

Name = Annotated[str, Field(min_length=1, max_length=120), Storable]
Points = Annotated[Decimal, Field(ge=-100_000, le=100_000, max_digits=12, decimal_places=2)]


class NewJudgement(Given):
    """A decision on one item or gate: exactly one of `choice`, `points` and `waive`."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"target": "readme", "points": 2, "reason": "says how to run it"}]}
    )

    target: Name = Field(description="Id of an item or of a gate of the report.")
    reason: Annotated[str, Field(min_length=1, max_length=4_000), Storable]
    choice: Name | None = Field(default=None, description="For a human item: the id of a choice.")
    points: Points | None = Field(default=None, description="For any item: what it gets.")
    waive: bool = Field(default=False, description="For a gate: it does not bound the total.")


class Judgement(Shown):
    """A decision on one item or gate. The newest that was not withdrawn is in force."""

    id: uuid.UUID
    target: str
    choice: str | None
    points: float | None
    waive: bool
    reason: str
    by: str
    at: datetime
    withdrawn_at: datetime | None


class NewComment(Given):
    """A remark on a submission, one of its files, or a line."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "Nice.", "path": "flatten.py", "line": 3}]}
    )

    text: Annotated[str, Field(min_length=1, max_length=10_000), Storable]
    path: Annotated[str, Field(min_length=1, max_length=512), Storable] | None = None
    line: int | None = Field(default=None, ge=1, le=10_000_000)
    released: bool = Field(default=False, description="The candidate may read it.")


class Comment(Shown):
    """A remark."""

    id: uuid.UUID
    text: str
    path: str | None
    line: int | None
    released: bool
    by: str
    at: datetime


class NewDecision(Given):
    """A verdict."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"verdict": "advance", "note": "Ask about the recursion."}]}
    )

    verdict: Verdict
    note: Annotated[Prose, Field(max_length=10_000)] = ""


class Decision(Shown):
    """A verdict. The newest is in force."""

    id: uuid.UUID
    verdict: Verdict
    note: str
    by: str
    at: datetime


def judgement_shown(row: JudgementRow) -> Judgement:
    """`row`, whose author is loaded."""
    return Judgement(
        id=row.id,
        target=row.target,
        choice=row.choice,
        points=float(row.points) if row.points is not None else None,
        waive=row.waive,
        reason=row.reason,
        by=row.by.name,
        at=row.at,
        withdrawn_at=row.withdrawn_at,
    )


def comment_shown(row: CommentRow) -> Comment:
    """`row`, whose author is loaded."""
    return Comment(
        id=row.id,
        text=row.text,
        path=row.path,
        line=row.line,
        released=row.released,
        by=row.by.name,
        at=row.at,
    )


def decision_shown(row: DecisionRow) -> Decision:
    """`row`, whose author is loaded."""
    return Decision(id=row.id, verdict=Verdict(row.verdict), note=row.note, by=row.by.name, at=row.at)
