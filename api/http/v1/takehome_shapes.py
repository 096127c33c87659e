"""Take-homes and rubrics as the API shows them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Any

from fastapi import Path
from pydantic import ConfigDict, Field
from sqlalchemy.orm import Session

from api.http.v1.shapes import Given, Line, Shown, Storable
from api.problems import Invalid
from api.takehomes.reading import levels
from api.takehomes.tables import Check, Feedback, RubricVersion, SuiteVersion
from api.takehomes.tables import Takehome as Row
from grader.rubric import Rubric, parse

TakehomeName = Annotated[str, Path(max_length=60, description="Name of a take-home."), Storable]


class Announced(Shown):
    """A criterion, and the sentence of the brief that announces it."""

    id: str
    title: str
    announced: str


class Suite(Shown):
    """A published version."""

    id: uuid.UUID
    number: int
    digest: str = Field(description="sha256 over all files that decide evidence.")
    environment: str
    published_by: str
    published_at: datetime
    check: Check
    check_result: dict[str, Any] | None = Field(description="What the publish check found.")
    in_force: bool


class RubricSummary(Shown):
    """A state of the rubric, without its text."""

    id: uuid.UUID
    number: int
    digest: str = Field(description="sha256 of the text.")
    note: str
    made_by: str
    made_at: datetime
    in_force: bool


class RubricText(RubricSummary):
    """A state of the rubric."""

    text: str = Field(description="rubric.yaml")


class NewRubric(Given):
    """A state of the rubric to add."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "name: flatten\n…", "note": "README counts less"}]}
    )

    text: Annotated[str, Field(min_length=1, max_length=1_000_000, description="rubric.yaml"), Storable]
    note: Line = ""


class TakehomeSummary(Shown):
    """A take-home in a list."""

    name: str
    title: str
    created_at: datetime
    archived: bool
    suite_version: int | None = Field(description="In force; null until one passed its check.")
    rubric_version: int | None


class Takehome(TakehomeSummary):
    """A take-home."""

    feedback: Feedback = Field(description="What candidates see of their report.")
    window_hours: int
    max_attempts: int
    levels: tuple[str, ...] = Field(description="Seniority levels of the rubric in force.")
    environment: str | None
    brief: str | None = Field(description="Markdown, of the version in force.")
    criteria: tuple[Announced, ...] = Field(description="What is judged, as candidates are told.")


class Published(Shown):
    """What publishing made, or found to be there already."""

    take_home: str
    suite: Suite
    rubric: RubricSummary


def summary(row: Row) -> TakehomeSummary:
    """`row`, whose versions in force are loaded."""
    return TakehomeSummary(**_summary(row))


def _summary(row: Row) -> dict[str, Any]:
    return {
        "name": row.name,
        "title": row.title,
        "created_at": row.created_at,
        "archived": row.archived_at is not None,
        "suite_version": row.suite.number if row.suite else None,
        "rubric_version": row.rubric.number if row.rubric else None,
    }


def whole(row: Row) -> Takehome:
    """As `summary`, with all that a candidate is told."""
    rubric = parse(row.rubric.text, "rubric.yaml") if row.rubric else None
    return Takehome(
        **_summary(row),
        feedback=Feedback(row.feedback),
        window_hours=row.window_hours,
        max_attempts=row.max_attempts,
        levels=tuple(sorted(rubric.levels)) if rubric else (),
        environment=row.suite.environment if row.suite else None,
        brief=row.suite.brief if row.suite else None,
        criteria=_announced(rubric) if rubric else (),
    )


def _announced(rubric: Rubric) -> tuple[Announced, ...]:
    return tuple(Announced(id=one.id, title=one.title, announced=one.announced) for one in rubric.criteria)


def suite_shown(row: SuiteVersion, takehome: Row) -> Suite:
    """One version of `takehome`."""
    return Suite(
        id=row.id,
        number=row.number,
        digest=row.digest,
        environment=row.environment,
        published_by=row.published_by,
        published_at=row.published_at,
        check=Check(row.check),
        check_result=row.check_result,
        in_force=row.id == takehome.suite_id,
    )


def rubric_shown(row: RubricVersion, takehome: Row) -> RubricText:
    """One state of the rubric of `takehome`."""
    return RubricText(
        id=row.id,
        number=row.number,
        digest=row.digest,
        note=row.note,
        made_by=row.made_by,
        made_at=row.made_at,
        in_force=row.id == takehome.rubric_id,
        text=row.text,
    )


def rubric_summary(row: RubricVersion, takehome: Row) -> RubricSummary:
    """As `rubric_shown`, without the text."""
    return RubricSummary.model_validate(rubric_shown(row, takehome).model_dump(exclude={"text"}))


def check_level(session: Session, takehome: Row, level: str | None) -> None:
    """Make sure that the rubric in force has the seniority level.

    Raises:
        Invalid: it has not. A submission with an unknown level could never be scored.
    """
    if level is None:
        return
    known = levels(session, takehome)
    if level not in known:
        message = f"the rubric has no such level; it has: {', '.join(known) or 'none'}"
        raise Invalid("The level is not known.", errors={"level": message})
