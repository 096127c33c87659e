"""The report page: who, what, three outcomes told apart, every point with its evidence."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient

from api.accounts.tables import Role
from api.http.reviewer.blind import alias
from api.service import Service
from api.submissions.states import State
from api.submissions.tables import Submission
from api.takehomes.tables import Takehome
from tests.api.conftest import People
from tests.api.graded import graded


@pytest.fixture
def submission(service: Service, flatten: Takehome, people: People) -> Submission:
    """A graded submission, and a reviewer who is signed in."""
    people.sign_in(Role.REVIEWER)
    return graded(service, flatten)


def put(service: Service, submission: Submission, **values: object) -> None:
    with service.sessions.begin() as session:
        row = session.get_one(Submission, submission.id)
        for name, value in values.items():
            setattr(row, name, value)


def test_the_report_names_who_and_shows_points_and_evidence(client: TestClient, submission: Submission) -> None:
    answer = client.get(f"/submissions/{submission.id}")

    assert answer.status_code == 200
    assert "Ada Lovelace" in answer.text
    assert "Attempt 1 of 3" in answer.text
    assert "decided by the grader" in answer.text
    assert "measured beside their code: a claim" in answer.text
    assert "Where the time went" in answer.text


def test_every_link_within_the_report_arrives(client: TestClient, submission: Submission) -> None:
    text = client.get(f"/submissions/{submission.id}").text

    ids = re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert {target for target in re.findall(r'href="#([^"]+)"', text)} <= set(ids)


def test_a_point_leads_to_its_line_of_code(client: TestClient, submission: Submission) -> None:
    text = client.get(f"/submissions/{submission.id}").text

    address, anchor = re.findall(rf'href="(/submissions/{submission.id}/code\?file=flatten.py)#(L\d+)"', text)[0]
    assert f'id="{anchor}"' in client.get(address).text


def test_blind_review_hides_the_name_on_every_page(client: TestClient, submission: Submission) -> None:
    client.cookies.set("blind", "1")

    for page in ("", "/code", "/code?view=starter", "/history", "/candidate"):
        text = client.get(f"/submissions/{submission.id}{page}").text
        assert "Ada" not in text, page
        assert alias(submission) in text


def test_a_submission_that_waits_shows_no_score_and_looks_again(
    service: Service, client: TestClient, submission: Submission
) -> None:
    put(service, submission, state=State.GRADING.value, report_id=None, progress={"step": "hidden tests"})

    answer = client.get(f"/submissions/{submission.id}")

    assert answer.headers["refresh"] == "5"
    assert "Being graded" in answer.text
    assert "hidden tests" in answer.text
    assert f'data-live-submission="{submission.id}"' in answer.text


@pytest.mark.parametrize("state", [State.WAITING, State.FAILED])
def test_our_failure_is_said_to_be_ours_and_is_no_score(
    service: Service, client: TestClient, submission: Submission, state: State
) -> None:
    put(service, submission, state=state.value, report_id=None, share=None, points=None, tries=3)

    text = client.get(f"/submissions/{submission.id}").text

    assert "is no zero" in text
    assert 'class="ring' not in text


def test_a_submission_that_is_graded_again_keeps_its_report(
    service: Service, client: TestClient, submission: Submission
) -> None:
    put(service, submission, state=State.QUEUED.value)

    text = client.get(f"/submissions/{submission.id}").text

    assert "the report below is the one in force" in text
    assert 'class="ring' in text


def test_who_is_not_signed_in_is_sent_to_sign_in(client: TestClient, submission: Submission) -> None:
    client.cookies.clear()

    assert client.get(f"/submissions/{submission.id}").status_code == 303


def test_a_submission_that_is_not_there_is_not_found(client: TestClient, submission: Submission) -> None:
    assert client.get("/submissions/0194f6d2-0000-7000-8000-000000000000").status_code == 404
