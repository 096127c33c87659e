"""Greenhouse's contract, as Greenhouse uses it: https://developers.greenhouse.io/assessment.html."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, text

from api.ats.connections import all_ats, make_ats, rotate_ats
from api.ats.tables import AtsTest
from api.ats.telling import NotTold, tell
from api.audit.tables import Entry
from api.hooks.schedule import BACK_OFF
from api.hooks.secrets import Safe
from api.http.app import create_app
from api.invitations.erasing import erase_candidate
from api.invitations.lists import by_id
from api.invitations.tables import Candidate
from api.service import Service, secret_key
from api.settings import Outside, Smtp
from api.submissions.grading import grade_submission
from api.submissions.receiving import Upload, receive
from api.submissions.tables import Submission
from api.takehomes.shelf import Shelf
from api.takehomes.tables import Takehome
from tests.api.conftest import TESTER, Clock
from tests.api.graded import Recorded, sample_zip
from tests.api.hooks.receiving import Receiver, answer, receiving, to_loopback

PREFIX = "/api/v1/ats/greenhouse"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
def service(service: Service) -> Service:
    """An installation that sends e-mail, and may reach this machine."""
    changes = {
        "smtp": Smtp(host="127.0.0.1", sender="grader@example.com"),
        "outside": Outside(allow_http=True, allowed_networks="127.0.0.0/8"),
    }
    return replace(service, settings=service.settings.model_copy(update=changes))


@dataclass
class Greenhouse:
    """Calls us as Greenhouse does."""

    service: Service
    client: TestClient
    key: str
    url: str

    def __call__(self, method: str, call: str, **options: Any) -> Any:
        encoded = base64.b64encode(f"{self.key}:".encode()).decode()
        headers = {"Authorization": f"Basic {encoded}"}
        return self.client.request(method, f"{PREFIX}/{call}", headers=headers, **options)

    def send(self, **changes: object) -> Any:
        """The request that the contract shows."""
        candidate = {
            "first_name": "Harry",
            "last_name": "Potter",
            "resume_url": "https://hogwarts.example/resume",
            "phone_number": "123-456-7890",
            "email": "hpotter@hogwarts.example",
            "greenhouse_profile_url": "https://app.greenhouse.io/people/17681532?application_id=26234709",
        }
        body = {"partner_test_id": "flatten", "candidate": candidate, "url": self.url, **changes}
        return self("POST", "send_test", json=body)

    def status(self, test: object) -> dict[str, Any]:
        found = self("GET", f"test_status?partner_interview_id={test}")
        assert found.status_code == 200, found.text
        document: dict[str, Any] = found.json()
        return document


@pytest.fixture
def greenhouse(service: Service, receiver: Receiver, flatten: Takehome) -> Iterator[Greenhouse]:
    with service.sessions.begin() as session:
        _, key = make_ats(session, Safe(secret_key(service.settings)), "Greenhouse", TESTER, service.now())
    with TestClient(create_app(service), base_url="http://127.0.0.1:8000", follow_redirects=False) as client:
        yield Greenhouse(service, client, key, receiver.url)


def graded(service: Service, test: str) -> Submission:
    """What the candidate uploads, graded."""
    with service.sessions.begin() as session:
        invitation = by_id(session, uuid.UUID(test), lock=True)
        upload = Upload("work.tar.gz", sample_zip("flatten", "middling"), "page")
        bounds = service.settings.bounds
        row = receive(session, service.blobs, service.queue, bounds, invitation, upload, service.now())
    shelf = Shelf(service.blobs, service.settings.data / "takehomes")
    grade_submission(service, shelf, Recorded("flatten-middling"), row.id, row.suite_id, "tests")
    return row


def jobs(service: Service, name: str) -> int:
    with service.sessions() as session:
        count = text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = :name")
        return int(session.execute(count, {"name": name}).scalar_one())


def test_every_take_home_and_level_is_a_test(greenhouse: Greenhouse) -> None:
    listed = greenhouse("GET", "list_tests")

    assert listed.status_code == 200, listed.text
    ids = [one["partner_test_id"] for one in listed.json()]
    assert ids == ["flatten", "flatten:junior", "flatten:mid", "flatten:senior", "flatten:staff"]
    assert all(set(one) == {"partner_test_id", "partner_test_name"} for one in listed.json())


def test_sending_a_test_invites_the_candidate_by_mail_once(service: Service, greenhouse: Greenhouse) -> None:
    sent = [greenhouse.send(partner_test_id="flatten:senior") for _ in range(2)]

    assert [one.status_code for one in sent] == [200, 200], sent[0].text
    assert sent[0].json() == sent[1].json()
    assert list(sent[0].json()) == ["partner_interview_id"]
    with service.sessions() as session:
        invitation = by_id(session, uuid.UUID(sent[0].json()["partner_interview_id"]))
        assert (invitation.candidate.name, invitation.level) == ("Harry Potter", "senior")
        assert invitation.candidate.email == "hpotter@hogwarts.example"
        assert "application_id=26234709" in invitation.candidate.reference
        assert invitation.created_by == "Greenhouse"
    assert jobs(service, "mail_invitation") == 1


def test_a_test_is_complete_when_its_report_is_there_and_greenhouse_is_told(
    service: Service, greenhouse: Greenhouse, receiver: Receiver
) -> None:
    test = greenhouse.send().json()["partner_interview_id"]
    assert greenhouse.status(test)["partner_status"] == "sent"
    submission = graded(service, test)
    assert jobs(service, "tell_ats") == 1
    tell(service, to_loopback(), uuid.UUID(test))
    tell(service, to_loopback(), uuid.UUID(test))

    [told] = receiver.got
    assert (
        base64.b64decode(told.headers["authorization"].removeprefix("Basic ")).decode()
        == f"{greenhouse.key}:"
    )
    assert told.body == b""
    status = greenhouse.status(test)
    assert (status["partner_status"], status["partner_score"]) == ("complete", 54.05)
    assert status["partner_profile_url"] == f"http://127.0.0.1:8000/submissions/{submission.id}"
    assert all(isinstance(value, str | int | float) for value in status["metadata"].values())
    assert status["metadata"]["Points"] == "54.05 of 100"


def test_a_new_key_is_sent_to_them_once_they_have_used_it_and_the_old_one_until_then(
    service: Service, greenhouse: Greenhouse, receiver: Receiver
) -> None:
    """Their team enters a key by hand: what we send meanwhile must be what they take."""
    safe = Safe(secret_key(service.settings))
    tests = [greenhouse.send(url=f"{greenhouse.url}/{number}").json() for number in range(4)]
    ids = [uuid.UUID(one["partner_interview_id"]) for one in tests]

    def rotated(hours: int) -> Greenhouse:
        with service.sessions.begin() as session:
            [row] = all_ats(session)
            key = rotate_ats(session, safe, row, hours, TESTER, service.now())
        return replace(greenhouse, key=key)

    def told_with(test: uuid.UUID) -> str:
        tell(service, to_loopback(), test)
        sent = receiver.got[-1].headers["authorization"].removeprefix("Basic ")
        return base64.b64decode(sent).decode().removesuffix(":")

    new = rotated(24)
    assert told_with(ids[0]) == greenhouse.key
    assert new("GET", "list_tests").status_code == 200
    assert told_with(ids[1]) == new.key
    assert greenhouse("GET", "list_tests").status_code == 200
    assert told_with(ids[2]) == new.key
    newest = rotated(0)
    assert [one("GET", "list_tests").status_code for one in (greenhouse, new, newest)] == [401, 401, 200]
    assert told_with(ids[3]) == newest.key


def test_an_old_key_ends_when_its_time_is_over(
    service: Service, greenhouse: Greenhouse, receiver: Receiver, clock: Clock
) -> None:
    test = uuid.UUID(greenhouse.send().json()["partner_interview_id"])
    with service.sessions.begin() as session:
        [row] = all_ats(session)
        key = rotate_ats(session, Safe(secret_key(service.settings)), row, 24, TESTER, service.now())
    clock.advance(hours=25)
    tell(service, to_loopback(), test)

    assert greenhouse("GET", "list_tests").status_code == 401
    sent = receiver.got[-1].headers["authorization"].removeprefix("Basic ")
    assert base64.b64decode(sent).decode() == f"{key}:"


def test_telling_is_tried_as_long_as_webhooks_are(
    service: Service, greenhouse: Greenhouse, receiver: Receiver
) -> None:
    test = uuid.UUID(greenhouse.send().json()["partner_interview_id"])
    receiver.behaviours = [answer(503)]
    waits = []
    for _ in BACK_OFF:
        with pytest.raises(NotTold) as again:
            tell(service, to_loopback(), test)
        waits.append(again.value.wait)
    tell(service, to_loopback(), test)

    assert len(receiver.got) == len(BACK_OFF) + 1
    assert sum(waits, timedelta()) > timedelta(days=2)
    with service.sessions() as session:
        row = session.get_one(AtsTest, test)
        assert (row.told_at, row.problem) == (None, "It answered 503.")


def test_what_is_wrong_is_refused_and_nobody_is_invited(service: Service, greenhouse: Greenhouse) -> None:
    for changes, status in (
        ({"partner_test_id": "nothing"}, 422),
        ({"partner_test_id": "flatten:wizard"}, 422),
        ({"url": "http://169.254.169.254/latest"}, 422),
        ({"url": "ftp://app.greenhouse.io/x"}, 422),
        ({"candidate": {"first_name": "", "last_name": "", "email": "a@b.example"}}, 422),
        ({"candidate": {"first_name": "A", "last_name": "B", "email": "nobody"}}, 422),
    ):
        assert greenhouse.send(**changes).status_code == status, changes
    with service.sessions() as session:
        assert session.scalars(select(AtsTest)).all() == []


def test_without_mail_no_test_is_sent(service: Service, greenhouse: Greenhouse) -> None:
    silent = replace(service, settings=service.settings.model_copy(update={"smtp": Smtp()}))
    with TestClient(create_app(silent), base_url="http://127.0.0.1:8000") as client:
        refused = replace(greenhouse, client=client).send()

    assert refused.status_code == 503
    assert "GRADER_SMTP__HOST" in refused.json()["detail"]


def test_each_system_sees_its_own_tests_only_and_needs_its_key(
    service: Service, greenhouse: Greenhouse
) -> None:
    test = greenhouse.send().json()["partner_interview_id"]
    with service.sessions.begin() as session:
        _, key = make_ats(session, Safe(secret_key(service.settings)), "Another", TESTER, service.now())
    other = replace(greenhouse, key=key)

    for one in (test, uuid.uuid4(), "98765", "%00"):
        answered = other("GET", f"test_status?partner_interview_id={one}")
        assert answered.status_code in {404, 422}, one
    for wrong in ("", "ats_wrong", f"{greenhouse.key}x", "ä"):
        assert replace(greenhouse, key=wrong)("GET", "list_tests").status_code == 401
    for header in ("", "Basic", "Basic !!!", f"Bearer {greenhouse.key}"):
        found = greenhouse.client.get(f"{PREFIX}/list_tests", headers={"Authorization": header})
        assert found.status_code == 401, header


def test_errors_that_greenhouse_reports_are_kept(service: Service, greenhouse: Greenhouse) -> None:
    body = {
        "api_call": "test_status",
        "errors": ["partner_status is 'complete' but partner_profile url is missing"],
        "partner_test_id": 12345,
        "partner_interview_id": 299506,
        "candidate_email": "hpotter@hogwarts.example",
    }
    assert greenhouse("POST", "response_error", json=body).status_code == 204
    with service.sessions() as session:
        entry = session.scalars(select(Entry).where(Entry.action == "ats.response_error")).one()
    assert (entry.actor_name, entry.details["call"]) == ("Greenhouse", "test_status")
    assert "hogwarts" not in str(entry.details)


def test_nobody_is_told_of_a_candidate_who_was_erased(
    service: Service, greenhouse: Greenhouse, receiver: Receiver
) -> None:
    test = greenhouse.send().json()["partner_interview_id"]
    graded(service, test)
    with service.sessions.begin() as session:
        candidate = session.get_one(Candidate, by_id(session, uuid.UUID(test)).candidate_id)
        erase_candidate(session, service.blobs, candidate, TESTER, service.now())
    tell(service, to_loopback(), uuid.UUID(test))

    assert receiver.got == []
    assert greenhouse("GET", f"test_status?partner_interview_id={test}").status_code == 404
