"""What is sent: a shape for each kind that is announced, and nothing in it that must not be."""

from __future__ import annotations

import ast
import json
from pathlib import Path

from sqlalchemy import select

from api.audit.tables import Event
from api.hooks.payloads import KINDS, TEST, Source, body_of
from api.service import Service
from api.submissions.tables import Submission
from api.takehomes.tables import Takehome
from tests.api.graded import graded
from tests.api.hooks.conftest import Hooks
from tests.api.hooks.receiving import Receiver

API = Path(__file__).parents[3] / "api"


def announced() -> set[str]:
    """The kinds in all calls of `announce`."""
    found = set()
    for path in API.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "announce":
                kind = node.args[1]
                assert isinstance(kind, ast.Constant), f"{path}:{node.lineno}: the kind is not written out"
                found.add(kind.value)
    return found


def test_every_kind_that_is_announced_has_a_shape() -> None:
    assert announced() - set(KINDS) == set()
    assert TEST in KINDS


def bodies(service: Service) -> list[str]:
    with service.sessions() as session:
        events = session.scalars(select(Event).order_by(Event.id))
        return [body_of(Source(session, event, "https://grader.example.com")) for event in events]


def test_the_life_of_a_submission_is_told_step_by_step(service: Service, flatten: Takehome) -> None:
    submission = graded(service, flatten)

    told = [json.loads(body) for body in bodies(service)]

    assert [one["type"] for one in told] == [
        "invitation.made",
        "submission.received",
        "grading.started",
        "report.ready",
    ]
    ready = told[-1]
    with service.sessions() as session:
        row = session.get_one(Submission, submission.id)
    assert ready["timestamp"] == "2026-03-02T09:00:00.000000Z"
    assert ready["data"]["url"] == f"https://grader.example.com/submissions/{submission.id}"
    assert ready["data"]["outcome"] == "graded"
    figures = {name: ready["data"][name] for name in ("share", "points", "max_points", "pending", "band")}
    assert figures == {name: getattr(row, name) for name in figures}
    assert told[2]["data"]["tries"] == 1


def test_no_name_no_address_and_no_private_link_is_told(service: Service, flatten: Takehome) -> None:
    graded(service, flatten, name="Ada Lovelace", email="ada@example.com")

    whole = "\n".join(bodies(service))

    for secret in ("Ada", "Lovelace", "ada@example.com", "/i/"):
        assert secret not in whole


def test_what_is_told_is_what_was_announced_however_late(
    hooks: Hooks, receiver: Receiver, flatten: Takehome
) -> None:
    hooks.endpoint(receiver.url, "report.ready")
    submission = graded(hooks.service, flatten)
    share = submission.share
    with hooks.service.sessions.begin() as session:
        session.get_one(Submission, submission.id).share = 0.0

    hooks.send()

    assert receiver.bodies()[0]["data"]["share"] == share
