"""What is sent: one documented shape for each kind of event. No hidden text, no names and no e-mail addresses.

People appear as ids of ours, candidates also as the `reference` that the company gave them. docs/webhooks.md shows an
example of each kind.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer
from sqlalchemy.orm import Session

from api.audit.tables import Event
from api.ci.tables import CiRequest
from api.invitations.tables import Candidate, Invitation
from api.submissions.tables import Submission
from api.takehomes.tables import Takehome


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


Moment = Annotated[AwareDatetime, PlainSerializer(_written, return_type=str)]
"""In UTC, to the microsecond: 2026-03-02T09:00:00.000000Z."""


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class SubmissionData(_Shape):
    """Which submission it is about."""

    submission: uuid.UUID
    """Id, as in the API."""
    takehome: str
    """Name of the take-home."""
    attempt: int
    """1 for the candidate's first upload."""
    level: str | None
    """Seniority level of the rubric, if one was chosen."""
    source: str
    """Where it came from: page, api, ci or webhook."""
    invitation: uuid.UUID | None
    """Id of the invitation that it was sent for."""
    candidate: uuid.UUID | None
    """Id of the candidate."""
    reference: str
    """What your system calls the candidate, as given with the invitation; may be empty."""
    url: str
    """The page of the submission, for people who can sign in."""


class ReportData(SubmissionData):
    """A report is there: the first, or a new one after grading again."""

    outcome: Literal["graded", "ungradable"]
    """Ungradable: it cannot be judged, and the report says why."""
    share: float | None
    """Share of the points that were reached, 0 to 1; none where it is ungradable."""
    points: float | None
    """Points that were reached."""
    max_points: float | None
    """Points that could be reached."""
    pending: float | None
    """Points that a person has still to give."""
    band: str | None
    """Words of the rubric for this total."""


class StartedData(SubmissionData):
    """A worker has taken it over."""

    tries: int
    """1, and more where our own failures made us begin again."""


class DecidedData(SubmissionData):
    """A reviewer has decided."""

    verdict: str
    """advance, hold or decline"""


class FetchData(_Shape):
    """A repository that a pipeline named is not taken over."""

    submission: uuid.UUID
    """Id that the submission would have had."""
    takehome: str
    """Name of the take-home."""
    invitation: uuid.UUID | None
    """Id of the invitation that it was sent for."""
    ours: bool
    """We failed in every try; otherwise what was asked for cannot be taken."""
    problem: str
    """Why, in words."""


class InvitationData(_Shape):
    """Which invitation it is about."""

    invitation: uuid.UUID
    """Id, as in the API."""
    takehome: str
    """Name of the take-home."""
    candidate: uuid.UUID
    """Id of the candidate."""
    reference: str
    """What your system calls the candidate; may be empty."""
    url: str
    """The page of the invitation, for people who can sign in. Never the candidate's private link."""


class ReminderData(InvitationData):
    """The candidate is reminded."""

    why: str
    """unopened: the link was not opened yet; ending: the time is almost over"""
    ends_at: Moment | None
    """When the invitation ends, if that is known."""


class ExtendedData(InvitationData):
    """The candidate has more time."""

    minutes: int
    """How many were added."""


class CandidateData(_Shape):
    """A candidate's data was erased: forget what you keep of it too."""

    candidate: uuid.UUID
    """Id, as in earlier events."""


class ChangeData(_Shape):
    """A change of rubric or hidden suite is in force: points of past submissions may have moved."""

    change: uuid.UUID
    """Id of the change."""
    takehome: str
    """Name of the take-home."""


class EndpointData(_Shape):
    """An endpoint of yours is not told any more."""

    endpoint: uuid.UUID
    """Id of the endpoint."""
    description: str
    """As you wrote it."""
    why: str
    """In words."""
    url: str
    """The page of the endpoint, for administrators."""


class TestData(_Shape):
    """Somebody pressed the test button."""

    message: str
    """A greeting."""


@dataclass(frozen=True)
class Source:
    """What a payload is made from."""

    session: Session
    event: Event
    base_url: str


class SubjectGone(Exception):
    """What the event is about was deleted before anybody could be told."""


Data = Annotated[dict[str, Any], "facts that a shape is made of"]
Maker = Callable[[Source], Data]


def _submission(source: Source) -> Data:
    submission = source.session.get(Submission, source.event.subject_id)
    if submission is None:
        raise SubjectGone
    candidate = source.session.get(Candidate, submission.candidate_id) if submission.candidate_id else None
    return {
        "submission": submission.id,
        "takehome": source.session.get_one(Takehome, submission.takehome_id).name,
        "attempt": submission.attempt,
        "level": submission.level,
        "source": submission.source,
        "invitation": submission.invitation_id,
        "candidate": submission.candidate_id,
        "reference": candidate.reference if candidate else "",
        "url": f"{source.base_url}/submissions/{submission.id}",
    }


def _fetch(source: Source) -> Data:
    request = source.session.get(CiRequest, source.event.subject_id)
    if request is None:
        raise SubjectGone
    return {
        "submission": request.id,
        "takehome": source.session.get_one(Takehome, request.takehome_id).name,
        "invitation": request.invitation_id,
        "problem": request.problem,
    }


def _invitation(source: Source) -> Data:
    invitation = source.session.get(Invitation, source.event.subject_id)
    if invitation is None:
        raise SubjectGone
    return {
        "invitation": invitation.id,
        "takehome": source.session.get_one(Takehome, invitation.takehome_id).name,
        "candidate": invitation.candidate_id,
        "reference": source.session.get_one(Candidate, invitation.candidate_id).reference,
        "url": f"{source.base_url}/invitations/{invitation.id}",
    }


def _candidate(source: Source) -> Data:
    return {"candidate": source.event.subject_id}


def _change(source: Source) -> Data:
    return {"change": source.event.subject_id}


def _endpoint(source: Source) -> Data:
    return {
        "endpoint": source.event.subject_id,
        "url": f"{source.base_url}/webhooks/{source.event.subject_id}",
    }


def _nothing(source: Source) -> Data:
    del source
    return {}


@dataclass(frozen=True)
class Kind:
    """A kind of event: its shape, what makes it, and a sentence for people."""

    name: str
    shape: type[_Shape]
    make: Maker
    says: str
    facts: frozenset[str] = frozenset()
    """Fields of the shape that are taken from the event itself, as it was then."""


KINDS: Final = {
    kind.name: kind
    for kind in (
        Kind("submission.received", SubmissionData, _submission, "A submission was taken over; it waits."),
        Kind("submission.cancelled", SubmissionData, _submission, "A submission will not be graded."),
        Kind(
            "grading.started", StartedData, _submission, "A worker has begun to grade.", frozenset({"tries"})
        ),
        Kind(
            "report.ready",
            ReportData,
            _submission,
            "A report is there.",
            frozenset({"outcome", "share", "points", "max_points", "pending", "band"}),
        ),
        Kind(
            "grading.failed",
            SubmissionData,
            _submission,
            "We could not grade in any try; an operator has to look.",
        ),
        Kind(
            "fetch.failed",
            FetchData,
            _fetch,
            "A repository that a pipeline named is not taken over.",
            frozenset({"ours"}),
        ),
        Kind("review.decided", DecidedData, _submission, "A reviewer has decided.", frozenset({"verdict"})),
        Kind("invitation.made", InvitationData, _invitation, "A candidate was invited."),
        Kind("invitation.opened", InvitationData, _invitation, "The candidate has begun."),
        Kind(
            "invitation.reminder",
            ReminderData,
            _invitation,
            "The candidate is reminded.",
            frozenset({"why", "ends_at"}),
        ),
        Kind(
            "invitation.extended",
            ExtendedData,
            _invitation,
            "The candidate was given more time.",
            frozenset({"minutes"}),
        ),
        Kind("invitation.revoked", InvitationData, _invitation, "The invitation was taken back."),
        Kind("candidate.erased", CandidateData, _candidate, "A candidate's data is gone."),
        Kind(
            "change.applied",
            ChangeData,
            _change,
            "A new rubric or suite is in force.",
            frozenset({"takehome"}),
        ),
        Kind(
            "webhook.disabled",
            EndpointData,
            _endpoint,
            "An endpoint is not told any more.",
            frozenset({"description", "why"}),
        ),
        Kind("webhook.test", TestData, _nothing, "Somebody pressed the test button.", frozenset({"message"})),
    )
}
TEST: Final = "webhook.test"
"""Sent to the one endpoint that is tested; nobody subscribes to it."""


class Body(BaseModel):
    """The body of every delivery, as Standard Webhooks recommends."""

    model_config = ConfigDict(frozen=True)

    type: str
    timestamp: Moment
    """When it happened, which may be long before the delivery."""
    data: Any = Field()


def body_of(source: Source) -> str:
    """The JSON text that is sent for an event, the same for every endpoint.

    Raises:
        SubjectGone: what it is about was deleted.
        KeyError: no shape for this kind of event: a mistake of ours, which tests look for.
    """
    event = source.event
    kind = KINDS[event.kind]
    facts = {name: event.payload.get(name) for name in kind.facts}
    data = kind.shape.model_validate({**kind.make(source), **facts})
    return Body(type=event.kind, timestamp=event.at, data=data.model_dump(mode="json")).model_dump_json()
