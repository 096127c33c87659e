"""Judging by hand: bounded, with a reason, never overwritten, and recorded with what it did."""

from __future__ import annotations

import pytest

from api.accounts.tables import Role
from api.submissions.states import State
from tests.api.http.reviewer.submissions.conftest import Desk

OVERRIDE = {"target": "flatten-works", "points": "26", "reason": "the brief is unclear here", "at": "c0i0"}
REFUSED: list[tuple[dict[str, str], str]] = [
    ({"points": "27"}, "can get 0 to 26 points, not 27"),
    ({"points": "-1"}, "can get 0 to 26 points, not -1"),
    ({"points": "NaN"}, "Points are a number"),
    ({"points": "1e1"}, "Points are a number"),
    ({"points": "1.234"}, "at most two decimals"),
    ({"points": ""}, "Choose one of the answers, or give points"),
    ({"reason": "  "}, "Say why"),
    ({"reason": "x" * 5000}, "too long"),
    ({"target": "nothing"}, "no such item or gate"),
    ({"points": "", "choice": "good"}, "no such answer"),
    ({"points": "", "waive": "true"}, "is no gate"),
]


def test_an_override_counts_at_once_and_the_log_has_before_and_after(desk: Desk) -> None:
    answer = desk.post("/judgements", **OVERRIDE)

    assert answer.status_code == 303
    assert answer.headers["location"].endswith("#c0i0")
    assert desk.stored().points == pytest.approx(59.05)
    text = desk.client.get(answer.headers["location"]).text
    assert "Your judgement is in force: 26 points" in text
    assert "(measured: 21)" in text
    (entry,) = desk.log("judgement.made")
    assert (entry["item_before"], entry["item_after"]) == (21.0, 26.0)
    assert (entry["points_before"], entry["points_after"]) == (54.05, 59.05)


def test_a_second_judgement_wins_and_withdrawing_it_brings_the_first_back(desk: Desk) -> None:
    desk.post("/judgements", **OVERRIDE)
    second = desk.post("/judgements", **(OVERRIDE | {"points": "10", "reason": "read it again"}), seen=desk.seen())
    made = second.headers["location"].partition("done=")[2].partition("#")[0]
    assert desk.stored().points == pytest.approx(43.05)

    for _ in range(2):  # twice is once
        assert desk.post(f"/judgements/{made}/withdraw").status_code == 303

    assert desk.stored().points == pytest.approx(59.05)
    assert len(desk.log("judgement.withdrawn")) == 1
    history = desk.get("/history")
    assert "the brief is unclear here" in history
    assert "read it again" in history
    assert "withdrawn" in history


def test_a_judgement_that_cannot_be_is_refused_beside_its_form(desk: Desk) -> None:
    for change, message in REFUSED:
        answer = desk.post("/judgements", **(OVERRIDE | change))
        assert answer.status_code == 422, change
        assert message in answer.text, change

    assert desk.stored().points == pytest.approx(54.05)
    assert desk.log("judgement.made") == []


def test_the_same_form_sent_twice_is_one_judgement(desk: Desk) -> None:
    seen = desk.seen()

    first, again = (desk.post("/judgements", **OVERRIDE, seen=seen) for _ in range(2))

    assert first.headers["location"] == again.headers["location"]
    assert len(desk.log("judgement.made")) == 1


def test_two_reviewers_at_once_are_both_kept_and_the_later_is_told(desk: Desk) -> None:
    seen = desk.seen()
    desk.post("/judgements", **OVERRIDE, seen=seen)
    desk.be(Role.REVIEWER, "berta@example.com")

    answer = desk.post("/judgements", **(OVERRIDE | {"points": "12", "reason": "no"}), seen=seen)

    text = desk.client.get(answer.headers["location"]).text
    assert "judged this as well while you had the page open: 26 points" in text
    assert desk.stored().points == pytest.approx(45.05)
    assert len(desk.log("judgement.made")) == 2


def test_only_the_author_or_an_administrator_withdraws_a_judgement(desk: Desk) -> None:
    made = desk.post("/judgements", **OVERRIDE).headers["location"].partition("done=")[2].partition("#")[0]

    desk.be(Role.REVIEWER, "berta@example.com")
    assert desk.post(f"/judgements/{made}/withdraw").status_code == 403
    desk.be(Role.ADMIN, "anna@example.com")
    assert desk.post(f"/judgements/{made}/withdraw").status_code == 303


def test_what_was_not_graded_has_no_points_to_judge(desk: Desk) -> None:
    desk.put(report_id=None, state=State.QUEUED.value)

    assert desk.post("/judgements", **OVERRIDE).status_code == 404


def test_a_decision_is_in_force_and_earlier_ones_are_kept(desk: Desk) -> None:
    desk.post("/decisions", verdict="hold", note="ask Berta")
    answer = desk.post("/decisions", verdict="advance", note="ask about collisions")

    assert desk.stored().decision == "advance"
    text = desk.client.get(answer.headers["location"]).text
    assert "Decided: Advance" in text
    assert "ask about collisions" in text
    assert "ask Berta" in text
    assert [entry["before"] for entry in desk.log("review.decided")] == [None, "hold"]


def test_the_same_decision_sent_twice_is_one(desk: Desk) -> None:
    for _ in range(2):
        assert desk.post("/decisions", verdict="decline", note="x").status_code == 303

    assert len(desk.log("review.decided")) == 1


def test_nothing_is_decided_about_what_is_under_way_or_gone(desk: Desk) -> None:
    for state, message in (
        (State.GRADING, "is being graded"),
        (State.FAILED, "has to be graded before"),
        (State.DELETED, "was deleted"),
    ):
        desk.put(report_id=None, state=state.value)
        answer = desk.post("/decisions", verdict="advance")
        assert answer.status_code == 409, state
        assert message in answer.text, state

    assert desk.stored().decision is None


def test_a_verdict_that_is_none_is_refused(desk: Desk) -> None:
    assert desk.post("/decisions", verdict="maybe").status_code == 422
