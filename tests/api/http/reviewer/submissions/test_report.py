"""The report page: who, what, three outcomes told apart, every point with its evidence."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from api.accounts.tables import Role
from api.http.reviewer.blind import alias
from api.submissions.evidence import loaded, stored
from api.submissions.states import State
from api.submissions.tables import Grading
from grader.evidence import Mutant, Mutation, Outcome, Place
from tests.api.http.reviewer.submissions.conftest import Desk


def test_the_report_names_who_and_shows_points_and_evidence(desk: Desk) -> None:
    answer = desk.client.get(desk.base)

    assert answer.status_code == 200
    assert "Ada Lovelace" in answer.text
    assert "Attempt 1 of 3" in answer.text
    assert "decided by the grader" in answer.text
    assert "measured beside their code: a claim" in answer.text
    assert "Where the time went" in answer.text


def test_every_link_within_the_report_arrives(desk: Desk) -> None:
    text = desk.get()

    ids = re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert {target for target in re.findall(r'href="#([^"]+)"', text)} <= set(ids)


def test_a_point_leads_to_its_line_of_code(desk: Desk) -> None:
    text = desk.get()

    address, anchor = re.findall(rf'href="(/submissions/{desk.submission.id}/code\?file=flatten.py)#(L\d+)"', text)[0]
    assert f'id="{anchor}"' in desk.client.get(address).text


def test_questions_for_the_interview_lead_to_the_evidence(desk: Desk) -> None:
    """Links to tests and criteria go to the report, links to lines to the code; the candidate's view has none of it."""
    text = desk.get("/questions")

    assert "A strong answer" in text
    assert "Which test would you add" in text
    report = desk.get()
    for anchor in re.findall(rf'href="{desk.base}#([^"]+)"', text):
        assert f'id="{anchor}"' in report, anchor
    assert f'href="{desk.base}/code?file=flatten.py#L' in text
    assert "Which test would you add" not in desk.get("/candidate")


def test_a_change_that_their_tests_let_pass_leads_to_its_line(desk: Desk) -> None:
    """Both versions are read out."""
    with desk.service.sessions.begin() as session:
        grading = session.scalars(select(Grading)).one()
        evidence = loaded(grading.evidence)
        assert evidence.own_tests is not None
        missed = Mutant(
            place=Place(path="flatten.py", line=12),
            diff="-     if depth > 0:\n+     if depth >= 0:",
            outcome="survived",
        )
        own = evidence.own_tests.model_copy(update={"mutation": Mutation(mutants=(missed,)), "variants": ()})
        grading.evidence = stored(evidence.model_copy(update={"own_tests": own}))

    text = desk.get("/questions")

    assert "I write <code>if depth &gt;= 0:</code> instead of <code>if depth &gt; 0:</code>" in text
    assert f'href="{desk.base}/code?file=flatten.py#L12"' in text


def test_blind_review_hides_the_name_on_every_page(desk: Desk) -> None:
    desk.client.cookies.set("blind", "1")

    for page in ("", "/code", "/code?view=starter", "/questions", "/history", "/candidate"):
        text = desk.get(page)
        assert "Ada" not in text, page
        assert alias(desk.submission) in text


def test_a_submission_that_waits_shows_no_score_and_looks_again(desk: Desk) -> None:
    desk.put(state=State.GRADING.value, report_id=None, progress={"step": "hidden tests"})

    text = desk.get()

    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in text
    assert "Being graded" in text
    assert "Last step: hidden tests." in text
    assert f'data-events="{desk.base}/events"' in text


@pytest.mark.parametrize("state", [State.WAITING, State.FAILED])
def test_our_failure_is_said_to_be_ours_and_is_no_score(desk: Desk, state: State) -> None:
    desk.put(state=state.value, report_id=None, share=None, points=None, tries=3)

    text = desk.get()

    assert "is no zero" in text
    assert 'class="ring' not in text


def test_a_submission_that_is_graded_again_keeps_its_report(desk: Desk) -> None:
    desk.put(state=State.QUEUED.value)

    text = desk.get()

    assert "the report below is the one in force" in text
    assert f'data-events="{desk.base}/events"' in text
    assert "http-equiv" not in text  # a reload would take away what is being typed
    assert 'class="ring' in text


def test_a_page_of_what_waits_says_when_nobody_grades(desk: Desk) -> None:
    assert "No worker grades" not in desk.get()

    desk.put(state=State.QUEUED.value, report_id=None)

    assert "No worker grades at the moment." in desk.get()


def test_an_author_can_have_it_graded_again_and_a_reviewer_cannot(desk: Desk) -> None:
    assert "Grade again" not in desk.get()

    desk.be(Role.AUTHOR, "author2@example.com")
    for state, action in (
        (State.GRADED, "regrade"),
        (State.UNGRADABLE, "regrade"),
        (State.FAILED, "grade-again"),
        (State.CANCELLED, "grade-again"),
    ):
        desk.put(state=state.value)
        assert f'action="{desk.base}/{action}"' in desk.get(), state
    desk.put(state=State.QUEUED.value)
    assert "Grade again" not in desk.get()

    desk.put(state=State.GRADED.value)
    answer = desk.post("/regrade")
    assert answer.headers["location"].startswith("/changes/")
    assert "One submission graded again" in desk.client.get("/take-homes/flatten").text


def test_who_is_not_signed_in_is_sent_to_sign_in(desk: Desk) -> None:
    desk.client.cookies.clear()

    assert desk.client.get(desk.base).status_code == 303


def test_a_submission_that_is_not_there_is_not_found(desk: Desk) -> None:
    assert desk.client.get("/submissions/0194f6d2-0000-7000-8000-000000000000").status_code == 404


def test_what_cannot_be_graded_has_a_reason_and_no_score_and_can_be_decided(desk: Desk) -> None:
    with desk.service.sessions.begin() as session:
        grading = session.scalars(select(Grading)).one()
        evidence = loaded(grading.evidence).model_copy(
            update={"outcome": Outcome.UNGRADABLE, "reason": "There is no module flatten."}
        )
        grading.evidence = stored(evidence)
    desk.put(state=State.UNGRADABLE.value, share=None, points=None)

    text = desk.get()

    assert "There is no module flatten." in text
    assert "This is no zero" in text
    assert 'class="ring' not in text
    assert desk.post("/judgements", target="flatten-works", points="3", reason="x").status_code == 409
    assert desk.post("/decisions", verdict="decline").status_code == 303
