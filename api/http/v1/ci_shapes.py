"""Submissions of pipelines as the API takes and shows them."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field

from api.ci.tables import CiConnection, CiRequest, Stage
from api.http.v1.shapes import Given, Line, Shown, Storable
from api.submissions.states import State
from api.submissions.tables import Submission

EXAMPLE: Final[dict[str, Any]] = {
    "take_home": "flatten",
    "label": "build 4711",
    "repository": {
        "url": "https://git.example.com/hiring/ada.git",
        "commit": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
        "ref": "main",
    },
}


class CiState(StrEnum):
    """How far it is: first whether it is here, then what becomes of the submission."""

    FETCHING = "fetching"
    REFUSED = "refused"
    QUEUED = "queued"
    GRADING = "grading"
    WAITING = "waiting"
    GRADED = "graded"
    UNGRADABLE = "ungradable"
    FAILED = "failed"
    CANCELLED = "cancelled"
    DELETED = "deleted"


class Asked(Given):
    """What it is for: a take-home, or an invitation, which says everything else."""

    take_home: Annotated[str, Field(max_length=60), Storable] = ""
    invitation: uuid.UUID | None = Field(
        default=None, description="Submit for this candidate: it counts as one of their attempts."
    )
    label: Line = Field(default="", description="What to call it where there is no candidate.")
    level: Annotated[str, Field(max_length=60), Storable] | None = None


class NamedRepository(Given):
    """A state of a repository. Its address must be on the list of GRADER_CI__REPOSITORIES."""

    url: Annotated[str, Field(max_length=500), Storable]
    commit: Annotated[str, Field(max_length=64), Storable] = Field(description="The whole id.")
    ref: Annotated[str, Field(max_length=200), Storable] = Field(
        default="",
        description="Branch or tag that leads to the commit, for people: the commit decides.",
    )


class AskedToFetch(Asked):
    """The same, and the repository to fetch."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    repository: NamedRepository


class ShownRepository(Shown):
    """What is or was to be fetched."""

    url: str
    commit: str
    ref: str


class CiScore(Shown):
    """Points, without the band: that is a recommendation for reviewers."""

    share: float = Field(description="Of the points that can be had, 0 to 1.")
    points: float
    max_points: float
    pending: float = Field(description="Points that wait for a person.")


class CiSubmission(Shown):
    """A submission of a pipeline, from the moment when it was asked for."""

    id: uuid.UUID = Field(description="Also of the submission, as soon as there is one.")
    take_home: str
    invitation_id: uuid.UUID | None
    label: str
    level: str | None
    repository: ShownRepository | None = Field(description="Null where an archive was sent.")
    asked_at: datetime
    state: CiState
    problem: str = Field(description="Why it was refused, or what failed, in words; empty otherwise.")
    progress: dict[str, Any] = Field(description="`step` says how far a grading is; empty otherwise.")
    score: CiScore | None = Field(description="Null until graded, and where it could not be judged.")
    url: str = Field(description="Its page, for people who can sign in.")


def ci_shown(row: CiRequest, submission: Submission | None, base_url: str) -> CiSubmission:
    """`row`, whose take-home is loaded, and the submission that came of it."""
    score = None
    state, problem = CiState(row.stage) if submission is None else CiState(submission.state), row.problem
    if submission is not None:
        if submission.share is not None:
            score = CiScore.model_validate(submission)
        if submission.state == State.FAILED:
            problem = "We failed in every try. An operator has to look at it; it is no verdict on the code."
    return CiSubmission(
        id=row.id,
        take_home=row.takehome.name,
        invitation_id=row.invitation_id,
        label=row.label,
        level=row.level,
        repository=ShownRepository.model_validate(row) if row.url else None,
        asked_at=row.asked_at,
        state=state,
        problem=problem,
        progress=submission.progress if submission is not None else {},
        score=score,
        url=f"{base_url}/submissions/{row.id}",
    )


def is_here(row: CiRequest) -> bool:
    """Whether there is a submission of the same id."""
    return row.stage == Stage.TAKEN


class NewConnection(Given):
    """A pipeline that will sign."""

    name: Annotated[str, Field(min_length=1, max_length=200), Storable]
    take_home: Annotated[str, Field(max_length=60), Storable] | None = Field(
        default=None, description="The only one that it may send to; null: any."
    )


class ConnectionRotation(Given):
    """How long the old secret is valid as well."""

    old_signs_hours: Literal[0, 24, 168] = 24


class Connection(Shown):
    """A pipeline that signs. Its secret is shown only when it is made."""

    id: uuid.UUID
    name: str
    take_home: str | None
    created_by: str
    created_at: datetime
    last_used_at: datetime | None
    old_secret_ends_at: datetime | None


class ConnectionWithSecret(Connection):
    """A connection, and its new secret."""

    secret: str


def connection_shown(row: CiConnection) -> Connection:
    """`row`, whose take-home is loaded."""
    return Connection(
        id=row.id,
        name=row.name,
        take_home=row.takehome.name if row.takehome else None,
        created_by=row.created_by,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        old_secret_ends_at=row.old_secret_ends_at,
    )
