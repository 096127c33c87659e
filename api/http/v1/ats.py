"""/ats: the contract of Greenhouse's assessment partners, and the connections of such systems."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from api.accounts.keys import Scope
from api.ats import greenhouse
from api.ats.connections import all_ats, ats_by_id, make_ats, revoke_ats, rotate_ats
from api.ats.tables import AtsConnection
from api.http.access import Ats, Caller, ServiceDep, SessionDep, needs_scope
from api.http.v1.answers import problems
from api.http.v1.shapes import Given, Shown, Storable

router = APIRouter(prefix="/ats", tags=["ATS"])
BASIC: dict[str, Any] = {"security": [{"key": []}]}
Administrator = Annotated[Caller, Depends(needs_scope(Scope.ADMIN))]

Name = Annotated[str, Field(min_length=1, max_length=200), Storable]
MaybeNumber = Annotated[str, Field(max_length=200, coerce_numbers_to_str=True), Storable]


class NewAts(Given):
    """A system that will send take-homes."""

    name: Name


class AtsShown(Shown):
    """A system. Its key is shown only when it is made."""

    id: uuid.UUID
    name: str
    created_by: str
    created_at: datetime
    last_used_at: datetime | None
    old_secret_ends_at: datetime | None


class AtsRotation(Given):
    """How long the old key is valid as well."""

    old_signs_hours: Literal[0, 24, 168] = 24


class AtsWithKey(AtsShown):
    """A system, and its key."""

    key: str


class _Theirs(BaseModel):
    """A body of theirs: keys that we do not need may come at any time."""

    model_config = ConfigDict(extra="ignore")


class Candidate(_Theirs):
    """Whom to invite."""

    first_name: Annotated[str, Field(max_length=100), Storable] = ""
    last_name: Annotated[str, Field(max_length=100), Storable] = ""
    email: Annotated[str, Field(min_length=3, max_length=320), Storable]
    greenhouse_profile_url: Annotated[str, Field(max_length=2000), Storable] = ""


class SendTest(_Theirs):
    """What to send to whom."""

    partner_test_id: MaybeNumber
    candidate: Candidate
    url: Annotated[str, Field(max_length=2000), Storable] = Field(
        description="Where a PATCH says that the test is complete."
    )


class ResponseError(_Theirs):
    """What was wrong with an answer of ours."""

    api_call: Annotated[str, Field(max_length=200), Storable]
    errors: list[Annotated[str, Field(max_length=500), Storable]] = Field(max_length=50)
    partner_interview_id: MaybeNumber = ""


class Test(Shown):
    """What can be sent."""

    partner_test_id: str
    partner_test_name: str


class SentTest(Shown):
    """What was sent."""

    partner_interview_id: str


class TestStatus(Shown):
    """How it stands. Keys without a value are left out."""

    partner_status: str
    partner_profile_url: str | None = None
    partner_score: float | None = None
    metadata: dict[str, str | float | int]


@router.get("/greenhouse/list_tests", summary="List tests", openapi_extra=BASIC)
def list_tests(session: SessionDep, ats: Ats) -> list[Test]:
    """Every take-home that can be given out, and each of its levels."""
    del ats
    return [Test(**test) for test in greenhouse.tests(session)]


@router.post(
    "/greenhouse/send_test",
    summary="Send a test",
    responses=problems(400, 409, 413, 503),
    openapi_extra=BASIC,
)
def send_test(service: ServiceDep, session: SessionDep, ats: Ats, wanted: SendTest) -> SentTest:
    """Invite the candidate by e-mail. The same `url` again is the same test."""
    wish = greenhouse.Wish(
        test_id=wanted.partner_test_id,
        first_name=wanted.candidate.first_name,
        last_name=wanted.candidate.last_name,
        email=wanted.candidate.email,
        profile_url=wanted.candidate.greenhouse_profile_url,
        url=wanted.url,
    )
    identity = greenhouse.send(session, service, ats.row, wish, ats.actor)
    return SentTest(partner_interview_id=str(identity))


@router.get(
    "/greenhouse/test_status",
    summary="Look at a test",
    response_model_exclude_none=True,
    responses=problems(404),
    openapi_extra=BASIC,
)
def test_status(
    service: ServiceDep,
    session: SessionDep,
    ats: Ats,
    partner_interview_id: Annotated[str, Query(max_length=200), Storable],
) -> TestStatus:
    """`complete` as soon as there is a report; before that sent, started, submitted or revoked."""
    found = greenhouse.status(session, ats.row, partner_interview_id, service.settings.base_url)
    return TestStatus(**found)


@router.post(
    "/greenhouse/response_error",
    status_code=204,
    summary="Report an answer that cannot be read",
    responses=problems(400, 413),
    openapi_extra=BASIC,
)
def response_error(service: ServiceDep, session: SessionDep, ats: Ats, wrong: ResponseError) -> None:
    """Kept in the audit log."""
    greenhouse.note_error(
        session,
        ats.row,
        wrong.api_call,
        wrong.errors,
        wrong.partner_interview_id,
        ats.actor,
        service.now(),
    )


@router.get("/connections", summary="List systems")
def list_systems(session: SessionDep, administrator: Administrator) -> list[AtsShown]:
    """Applicant tracking systems, the oldest first."""
    del administrator
    return [AtsShown.model_validate(row) for row in all_ats(session)]


@router.post("/connections", status_code=201, summary="Add a system", responses=problems(400, 409, 413))
def add_system(
    wanted: NewAts, service: ServiceDep, session: SessionDep, administrator: Administrator
) -> AtsWithKey:
    """The key is in this answer and nowhere else."""
    safe = service.safe
    row, key = make_ats(session, safe, wanted.name, administrator.actor, service.now())
    return _with_key(row, key)


@router.post("/connections/{ats_id}/rotate", summary="Make a new key", responses=problems(400, 404, 413))
def rotate_key(
    ats_id: uuid.UUID,
    rotation: AtsRotation,
    service: ServiceDep,
    session: SessionDep,
    administrator: Administrator,
) -> AtsWithKey:
    """The new key is in this answer and nowhere else. The old one is valid for a while: two at a time."""
    row = ats_by_id(session, ats_id, lock=True)
    safe, now = service.safe, service.now()
    return _with_key(row, rotate_ats(session, safe, row, rotation.old_signs_hours, administrator.actor, now))


def _with_key(row: AtsConnection, key: str) -> AtsWithKey:
    return AtsWithKey(**AtsShown.model_validate(row).model_dump(), key=key)


@router.delete("/connections/{ats_id}", status_code=204, summary="Revoke a system", responses=problems(404))
def revoke_system(
    ats_id: uuid.UUID, service: ServiceDep, session: SessionDep, administrator: Administrator
) -> None:
    """Its key opens nothing any more, at once, and it is told of no result."""
    revoke_ats(session, ats_by_id(session, ats_id, lock=True), administrator.actor, service.now())
