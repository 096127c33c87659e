"""The queue: what a reviewer sees first."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from api.accounts.tables import Role
from api.audit.tables import Entry
from api.database.engine import plain_url
from api.invitations.inviting import by_token
from api.invitations.tables import Invitation
from api.queue import WORKER
from api.service import Service
from api.submissions.receiving import Upload, receive
from api.submissions.states import State
from api.submissions.tables import Submission
from api.takehomes.tables import Takehome
from tests.api.conftest import People
from tests.api.graded import graded, sample_zip


def received(service: Service, token: str) -> Submission:
    """An upload that waits for a worker."""
    with service.sessions.begin() as session:
        return receive(
            session,
            service.blobs,
            service.queue,
            service.settings.bounds,
            by_token(session, token, lock=True),
            Upload("a.tar.gz", sample_zip("flatten", "middling"), "page"),
            service.now(),
        )


def test_an_empty_queue_says_what_to_do_next(people: People, client: TestClient) -> None:
    people.sign_in(Role.REVIEWER)

    assert "First publish a take-home" in client.get("/").text


def test_with_a_take_home_the_next_thing_is_an_invitation(
    people: People, client: TestClient, flatten: Takehome
) -> None:
    people.sign_in(Role.REVIEWER)

    assert 'href="/invitations/new"' in client.get("/").text


def test_the_queue_tells_the_three_outcomes_apart(
    service: Service, people: People, client: TestClient, flatten: Takehome
) -> None:
    ours = graded(service, flatten, name="Ada", email="a@example.com")
    theirs = graded(service, flatten, name="Bob", email="b@example.com")
    graded(service, flatten, name="Cay", email="c@example.com")
    with service.sessions.begin() as session:
        gone = {"share": None, "points": None, "max_points": None, "pending": None, "band": None}
        session.execute(update(Submission).where(Submission.id == ours.id).values(state=State.FAILED, **gone))
        session.execute(
            update(Submission).where(Submission.id == theirs.id).values(state=State.UNGRADABLE, **gone)
        )
    people.sign_in(Role.REVIEWER)

    text = client.get("/").text

    assert "our failure" in text
    assert "cannot be graded" in text
    assert text.count("no score") >= 2
    assert "Bob" in client.get("/?status=ungradable").text
    assert "Ada" not in client.get("/?status=ungradable").text
    assert "Ada" in client.get("/?status=our-failure").text


def test_the_queue_says_when_something_waits_and_no_worker_grades(
    service: Service,
    people: People,
    client: TestClient,
    flatten: Takehome,
    invited: Callable[..., tuple[Invitation, str]],
) -> None:
    people.sign_in(Role.REVIEWER)
    graded(service, flatten, name="Bob", email="b@example.com")
    assert "No worker grades" not in client.get("/").text

    received(service, invited()[1])

    text = client.get("/").text
    assert "No worker grades at the moment." in text
    assert "grader worker" in text
    with psycopg.connect(plain_url(service.engine), application_name=f"{WORKER}:here"):
        assert "No worker grades" not in client.get("/").text


def test_a_search_finds_beginnings_of_words_and_parts_of_addresses(
    service: Service, people: People, client: TestClient, flatten: Takehome
) -> None:
    graded(service, flatten, name="Ada Lovelace", email="ada.l@engine.example")
    people.sign_in(Role.REVIEWER)

    for search in ("love", "ada lov", "ENGINE", "ada.l@engine.example"):
        assert "Ada Lovelace" in client.get("/", params={"q": search}).text, search
    for search in ("vela", "bob", "'); --", "&|!:*"):
        assert "No submission fits" in client.get("/", params={"q": search}).text, search


def test_blind_no_name_is_shown_and_none_can_be_searched(
    service: Service, people: People, client: TestClient, flatten: Takehome
) -> None:
    graded(service, flatten, name="Ada Lovelace")
    people.sign_in(Role.REVIEWER)

    back = client.get("/?blind=1&status=graded")
    assert back.headers["location"] == "/?status=graded"
    text = client.get("/?q=nobody").text

    assert "Ada" not in text
    assert "Candidate " in text
    assert 'name="q"' not in text
    client.get("/?blind=0")
    assert "Ada Lovelace" in client.get("/").text


def test_names_of_candidates_are_escaped_and_made_visible(
    service: Service, people: People, client: TestClient, flatten: Takehome
) -> None:
    graded(service, flatten, name="<script>alert(1)</script>\u202eevil")
    people.sign_in(Role.REVIEWER)

    text = client.get("/").text

    assert "<script>alert" not in text
    assert "\u202e" not in text


def test_an_author_cancels_what_is_under_way_and_the_log_says_who(
    service: Service, people: People, client: TestClient, invited: Callable[..., tuple[Invitation, str]]
) -> None:
    submission = received(service, invited()[1])
    people.sign_in(Role.AUTHOR)

    answer = client.post(f"/submissions/{submission.id}/cancel", data={"back": "/?status=under-way"})

    assert (answer.status_code, answer.headers["location"]) == (303, "/?status=under-way")
    with service.sessions() as session:
        assert session.get_one(Submission, submission.id).state == State.CANCELLED
        entry = session.scalars(select(Entry).where(Entry.action == "submission.cancelled")).one()
        assert entry.actor_name == "Author"
        jobs = session.connection().exec_driver_sql("SELECT status::text FROM procrastinate_jobs")
        assert [row[0] for row in jobs] == ["cancelled"]


def test_a_reviewer_cannot_cancel(
    service: Service, people: People, client: TestClient, invited: Callable[..., tuple[Invitation, str]]
) -> None:
    submission = received(service, invited()[1])
    people.sign_in(Role.REVIEWER)

    assert client.post(f"/submissions/{submission.id}/cancel").status_code == 403
    assert "Cancel" not in client.get("/").text


def test_what_we_failed_to_grade_can_be_queued_again(
    service: Service, people: People, client: TestClient, flatten: Takehome
) -> None:
    failed = graded(service, flatten)
    with service.sessions.begin() as session:
        session.get_one(Submission, failed.id).state = State.FAILED
    people.sign_in(Role.AUTHOR)
    assert "Grade again" in client.get("/").text

    client.post(f"/submissions/{failed.id}/grade-again")

    with service.sessions() as session:
        assert session.get_one(Submission, failed.id).state == State.QUEUED


def test_filters_that_do_not_exist_are_refused(people: People, client: TestClient) -> None:
    people.sign_in(Role.REVIEWER)

    assert client.get("/?status=nonsense").status_code == 422
    assert client.get("/?after=nonsense").status_code == 422
