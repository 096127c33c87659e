"""What only a person can say: questions that are answered and gates that are waived, on the page and over the API."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from api.accounts.keys import Scope
from api.accounts.tables import Role
from api.service import Service
from api.submissions.tables import Submission
from api.takehomes.packing import files_of
from api.takehomes.publishing import publish
from grader.takehome import shelf
from tests.api.conftest import TESTER, People
from tests.api.graded import graded
from tests.api.http.reviewer.submissions.conftest import Desk
from tests.api.http.v1.conftest import Program
from tests.api.http.v1.conftest import program as program  # noqa: PLC0414 -- a fixture
from tests.api.http.v1.problems import problem

QUESTION = "http-apart-from-stock"
GATE = "works"


@pytest.fixture
def submission(service: Service) -> Submission:
    """A REST take-home with a question for a person, whose gate bounds every submission that fails a test."""
    files = dict(files_of(shelf() / "inventory-api"))
    text = files["rubric.yaml"].decode()
    strict = text.replace("at_least: 50 %}\n    total_at_most: 40 %", "at_least: 100 %}\n    total_at_most: 40 %")
    assert strict != text
    files["rubric.yaml"] = strict.encode()
    with service.sessions.begin() as session:
        takehome, _, _ = publish(
            session, service.blobs, files, TESTER, service.now(), queue=service.queue, waive="a test"
        )
    return graded(service, takehome)


@pytest.fixture
def at_desk(service: Service, client: TestClient, people: People, submission: Submission) -> Desk:
    """A reviewer who looks at it."""
    return Desk(service, client, people, submission, people.sign_in(Role.REVIEWER))


@pytest.fixture
def reviewing(program: Callable[..., Program]) -> Program:
    """A program that may review."""
    return program(Scope.READ, Scope.REVIEW)


def share(desk: Desk) -> float:
    found = desk.stored().share
    assert found is not None
    return found


def test_a_question_waits_for_a_person_and_its_answer_counts(at_desk: Desk) -> None:
    assert at_desk.stored().pending == pytest.approx(1.5)
    assert "needs a person" in at_desk.client.get("/").text
    assert "Could the rules of the stock be used and tested without HTTP?" in at_desk.get()

    answer = at_desk.post("/judgements", target=QUESTION, choice="partly", reason="two rules live in routes")

    assert answer.status_code == 303
    assert at_desk.stored().pending == 0
    text = at_desk.client.get(answer.headers["location"]).text
    assert "Your judgement is in force: answer “partly”." in text
    assert "needs a person" not in at_desk.client.get("/?status=graded").text.partition("<tbody>")[2]
    (entry,) = at_desk.log("judgement.made")
    assert (entry["target"], entry["item_before"], entry["item_after"]) == (QUESTION, None, 0.75)


def test_an_answer_that_is_none_is_refused_and_what_was_typed_stays(at_desk: Desk) -> None:
    answer = at_desk.post("/judgements", target=QUESTION, choice="perhaps", reason="I wonder")

    assert answer.status_code == 422
    assert "has no such answer" in answer.text
    assert "I wonder" in answer.text
    assert at_desk.stored().pending == pytest.approx(1.5)


def test_withdrawing_an_answer_opens_the_question_again(at_desk: Desk) -> None:
    made = at_desk.post("/judgements", target=QUESTION, choice="fully", reason="it is").headers["location"]
    found = re.search("done=([0-9a-f-]+)", made)
    assert found is not None

    assert at_desk.post(f"/judgements/{found.group(1)}/withdraw").status_code == 303

    assert at_desk.stored().pending == pytest.approx(1.5)


def test_a_gate_bounds_the_total_until_it_is_waived_with_a_reason(at_desk: Desk) -> None:
    assert share(at_desk) == pytest.approx(0.4)
    assert "Waive this gate" in at_desk.get()

    assert at_desk.post("/judgements", target=GATE, waive="true", reason=" ").status_code == 422
    assert at_desk.post("/judgements", target=GATE, points="3", reason="x").status_code == 422
    answer = at_desk.post("/judgements", target=GATE, waive="true", reason="the outage of our machine")

    assert share(at_desk) > 0.4
    text = at_desk.client.get(answer.headers["location"]).text
    assert "Gate waived" in text
    assert "the outage of our machine" in text


def test_over_the_api_as_well(reviewing: Program, submission: Submission) -> None:
    path = f"/submissions/{submission.id}"
    before = reviewing("GET", path).json()["score"]
    assert (before["share"], before["pending"]) == (pytest.approx(0.4), pytest.approx(1.5))

    for judgement in (
        {"target": QUESTION, "choice": "fully", "reason": "the stock knows nothing of requests"},
        {"target": GATE, "waive": True, "reason": "the outage of our machine"},
    ):
        made = reviewing("POST", f"{path}/judgements", json=judgement)
        assert made.status_code == 201, made.text
    after = reviewing("GET", path).json()["score"]

    assert after["pending"] == 0
    assert after["share"] > 0.4
    report = reviewing("GET", f"{path}/report").json()
    assert [gate["waived"]["by"] for gate in report["gates"] if gate["id"] == GATE] == ["Olive Owner"]
    problem(reviewing("POST", f"{path}/judgements", json={"target": QUESTION, "choice": "x", "reason": "y"}), 422)
