"""The pages of take-homes."""

from __future__ import annotations

from fastapi.testclient import TestClient
from sqlalchemy import insert, select, update

from api.accounts.tables import Role
from api.audit.tables import Entry
from api.service import Service
from api.submissions.figures import pass_rates, spread
from api.submissions.states import State
from api.submissions.tables import PassRate, Submission
from api.takehomes.tables import SuiteVersion, Takehome
from tests.api.conftest import People
from tests.api.graded import graded


def test_without_a_take_home_the_page_says_what_one_is(people: People, client: TestClient) -> None:
    people.sign_in(Role.REVIEWER)

    assert "No take-home is published yet" in client.get("/take-homes").text


def test_the_list_leads_to_each_take_home(people: People, client: TestClient, flatten: Takehome) -> None:
    people.sign_in(Role.REVIEWER)

    assert 'href="/take-homes/flatten"' in client.get("/take-homes").text
    assert "check waived" in client.get("/take-homes").text
    assert client.get("/take-homes/nothing").status_code == 404


def test_scores_we_failed_to_give_are_not_zeros(service: Service, flatten: Takehome) -> None:
    scored = graded(service, flatten, "good", email="a@example.com")
    failed = graded(service, flatten, "middling", email="b@example.com")
    with service.sessions.begin() as session:
        session.execute(
            update(Submission).where(Submission.id == failed.id).values(state=State.FAILED, share=None)
        )
        found = spread(session, flatten.id)

    assert (found.scored, found.failed, found.mean) == (1, 1, scored.share)
    assert found.bins[min(int((scored.share or 0) * 10), 9)] == 1


def test_a_full_score_belongs_to_the_last_bar(service: Service, flatten: Takehome) -> None:
    one = graded(service, flatten)
    with service.sessions.begin() as session:
        session.get_one(Submission, one.id).share = 1.0
        session.flush()
        assert spread(session, flatten.id).bins[-1] == 1


def test_figures_are_of_the_newest(service: Service, flatten: Takehome) -> None:
    """Of all would cost more with every year."""
    graded(service, flatten, "good", email="a@example.com")
    graded(service, flatten, "poor", email="b@example.com")
    graded(service, flatten, "poor", email="c@example.com")
    with service.sessions() as session:
        found, every = spread(session, flatten.id, newest=2), spread(session, flatten.id)

    assert (found.looked_at, found.scored, found.mean) == (2, 2, found.median)
    assert (every.looked_at, every.scored) == (3, 3)


def test_tests_that_tell_nobody_apart_are_named(
    service: Service, people: People, client: TestClient, flatten: Takehome
) -> None:
    with service.sessions.begin() as session:
        rows = [("test_easy", 40, 40), ("test_hard", 0, 40), ("test_fine", 20, 40), ("test_new", 9, 9)]
        session.execute(
            insert(PassRate),
            [{"suite_id": flatten.suite_id, "test": name, "passed": p, "graded": g} for name, p, g in rows],
        )
    with service.sessions() as session:
        assert flatten.suite_id is not None
        verdicts = {rate.test: rate.verdict for rate in pass_rates(session, flatten.suite_id)}
    people.sign_in(Role.REVIEWER)

    assert verdicts == {"test_easy": "too easy", "test_hard": "too hard", "test_fine": "", "test_new": ""}
    assert "1 hardly anybody passes; 1 nearly everybody passes" in client.get("/take-homes/flatten").text


def test_the_brief_is_rendered_without_what_an_author_must_not_put_in(
    service: Service, people: People, client: TestClient, flatten: Takehome
) -> None:
    with service.sessions.begin() as session:
        suite = session.get_one(SuiteVersion, flatten.suite_id)
        suite.brief = "# Flatten\n\n**Do it.** <script>alert(1)</script> [x](javascript:alert(1))"
    people.sign_in(Role.REVIEWER)

    text = client.get("/take-homes/flatten").text

    assert "<strong>Do it.</strong>" in text
    assert "<script>alert" not in text
    assert 'href="javascript' not in text


def test_an_author_changes_how_it_is_given_out_and_the_log_has_before_and_after(
    service: Service, people: People, client: TestClient, flatten: Takehome
) -> None:
    people.sign_in(Role.AUTHOR)
    form = {"feedback": "full", "window_hours": "72", "max_attempts": "3"}

    assert client.post("/take-homes/flatten/settings", data=form).status_code == 303

    with service.sessions() as session:
        home = session.get_one(Takehome, flatten.id)
        assert (home.feedback, home.window_hours) == ("full", 72)
        entry = session.scalars(select(Entry).where(Entry.action == "takehome.changed")).one()
        assert entry.details == {"feedback": ["summary", "full"], "window_hours": [48, 72]}


def test_settings_that_cannot_be_are_refused_on_the_page(
    people: People, client: TestClient, flatten: Takehome
) -> None:
    people.sign_in(Role.AUTHOR)

    refused = client.post(
        "/take-homes/flatten/settings", data={"feedback": "all", "window_hours": "0", "max_attempts": "0"}
    )

    assert refused.status_code == 422
    assert "choose from none, summary, criteria, full" in refused.text
    assert "1 to 2160 hours" in refused.text


def test_an_archived_take_home_is_not_given_out_until_it_is_restored(
    people: People, client: TestClient, flatten: Takehome
) -> None:
    people.sign_in(Role.AUTHOR)

    client.post("/take-homes/flatten/archive")
    assert "Invite a candidate" not in client.get("/take-homes/flatten").text

    client.post("/take-homes/flatten/restore")
    assert "Invite a candidate" in client.get("/take-homes/flatten").text


def test_a_reviewer_reads_but_changes_nothing(people: People, client: TestClient, flatten: Takehome) -> None:
    people.sign_in(Role.REVIEWER)

    assert "<form" not in client.get("/take-homes/flatten").text.partition("<main")[2]
    assert client.post("/take-homes/flatten/archive").status_code == 403
