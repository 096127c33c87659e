"""What people decide, over the API."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from sqlalchemy import select

from api.audit.tables import Entry
from api.service import Service
from api.takehomes.tables import Takehome
from tests.api.graded import graded
from tests.api.http.v1.conftest import Program
from tests.api.http.v1.problems import problem


@pytest.fixture
def path(service: Service, flatten: Takehome) -> str:
    return f"/submissions/{graded(service, flatten).id}"


def an_item(admin: Program, path: str) -> Any:
    """An item that got points."""
    items = [one for each in admin("GET", f"{path}/report").json()["criteria"] for one in each["items"]]
    return next(one for one in items if one["points"] > 0)


def test_a_judgement_counts_at_once_and_can_be_withdrawn(service: Service, admin: Program, path: str) -> None:
    item = an_item(admin, path)
    before = admin("GET", path).json()["score"]["points"]
    judgement = {"target": item["id"], "points": 0, "reason": "it was copied"}

    made = admin("POST", f"{path}/judgements", json=judgement)
    again = admin("POST", f"{path}/judgements", json=judgement)

    assert made.status_code == 201, made.text
    assert again.json()["id"] == made.json()["id"]
    assert made.json()["by"] == "Olive Owner"
    assert admin("GET", path).json()["score"]["points"] == pytest.approx(before - item["points"])
    with service.sessions() as session:
        entry = session.scalars(select(Entry).where(Entry.action == "judgement.made")).one()
        assert (entry.actor_kind, entry.actor_name) == ("token", "a program")

    gone = admin("DELETE", f"{path}/judgements/{made.json()['id']}")

    assert (gone.status_code, gone.content) == (204, b"")
    assert admin("GET", path).json()["score"]["points"] == before
    listed = admin("GET", f"{path}/judgements").json()["items"]
    assert [one["withdrawn_at"] is None for one in listed] == [False]


def test_the_newest_of_several_judgements_is_in_force(admin: Program, path: str) -> None:
    item = an_item(admin, path)
    for points in (0, item["points"], 0):
        judged = {"target": item["id"], "points": points, "reason": "thought again"}
        assert admin("POST", f"{path}/judgements", json=judged).json()["points"] == points

    assert an_item(admin, path)["id"] != item["id"]
    assert len(admin("GET", f"{path}/judgements").json()["items"]) == 3


def test_a_judgement_that_cannot_be_is_refused(admin: Program, path: str) -> None:
    item = an_item(admin, path)["id"]
    wrong: list[dict[str, Any]] = [
        {"target": item, "reason": "no decision"},
        {"target": item, "reason": "two", "points": 1, "waive": True},
        {"target": item, "reason": "an item", "waive": True},
        {"target": item, "reason": "too many", "points": 99_999},
        {"target": item, "reason": "not finite", "points": "NaN"},
        {"target": item, "reason": "huge", "points": "1e400"},
        {"target": item, "reason": " ", "points": 0},
        {"target": "nothing", "reason": "x", "points": 0},
        {"target": "a\0b", "reason": "x", "points": 0},
    ]
    for judgement in wrong:
        assert problem(admin("POST", f"{path}/judgements", json=judgement), 422)["errors"], judgement


def test_comments_are_on_lines_that_are_there(admin: Program, path: str) -> None:
    made = admin("POST", f"{path}/comments", json={"text": "Why?", "path": "flatten.py", "line": 1})

    assert made.status_code == 201, made.text
    assert admin("GET", f"{path}/comments").json()["items"] == [made.json()]
    for wrong in (
        {"text": "x", "path": "nothing.py"},
        {"text": "x", "line": 1},
        {"text": "x", "path": "flatten.py", "line": 10_000},
        {"text": " "},
    ):
        problem(admin("POST", f"{path}/comments", json=wrong), 422)
    assert admin("DELETE", f"{path}/comments/{made.json()['id']}").status_code == 204
    assert admin("GET", f"{path}/comments").json()["items"] == []


def test_the_newest_decision_is_in_force(admin: Program, path: str) -> None:
    for verdict in ("hold", "advance"):
        made = admin("POST", f"{path}/decisions", json={"verdict": verdict, "note": "see you"})
        assert made.status_code == 201, made.text

    assert admin("GET", path).json()["decision"] == "advance"
    listed = admin("GET", f"{path}/decisions").json()["items"]
    assert [one["verdict"] for one in listed] == ["advance", "hold"]
    assert len(admin("GET", "/submissions?decision=advance").json()["items"]) == 1
    problem(admin("POST", f"{path}/decisions", json={"verdict": "maybe"}), 422)


def test_what_belongs_to_another_submission_is_not_found(
    service: Service, admin: Program, flatten: Takehome, path: str
) -> None:
    other = f"/submissions/{graded(service, flatten, name='Grace', email='grace@example.com').id}"
    made = admin("POST", f"{path}/comments", json={"text": "x"}).json()["id"]
    judged = {"target": an_item(admin, path)["id"], "points": 0, "reason": "x"}
    judgement = admin("POST", f"{path}/judgements", json=judged).json()["id"]

    problem(admin("DELETE", f"{other}/comments/{made}"), 404)
    problem(admin("DELETE", f"{other}/judgements/{judgement}"), 404)
    for kind in ("judgements", "comments", "decisions"):
        problem(admin("GET", f"/submissions/{uuid.uuid4()}/{kind}"), 404)
