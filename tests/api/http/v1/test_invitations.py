"""Invitations over the API."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Callable
from typing import Any

from openpyxl import load_workbook
from sqlalchemy import select

from api.accounts.keys import Scope
from api.audit.tables import Entry
from api.http.spreadsheets import MEDIA_TYPE, workbook
from api.invitations.inviting import by_token
from api.service import Service
from api.takehomes.tables import Takehome
from tests.api.conftest import Clock
from tests.api.graded import graded
from tests.api.http.v1.conftest import Program
from tests.api.http.v1.problems import problem

ADA = {"take_home": "flatten", "name": "Ada Lovelace", "email": "ada@example.com"}


def test_an_invitation_gives_its_link_once(service: Service, admin: Program, flatten: Takehome) -> None:
    made = admin("POST", "/invitations", json={**ADA, "reference": "ats-7", "level": "senior"})

    assert made.status_code == 201, made.text
    whole = made.json()
    token = whole.pop("link").removeprefix("http://127.0.0.1:8000/i/")
    with service.sessions() as session:
        assert str(by_token(session, token).id) == whole["id"]
    assert admin("GET", made.headers["location"].removeprefix("/api/v1")).json() == whole
    assert admin("GET", "/invitations?takehome=flatten").json()["items"] == [whole]
    assert (whole["phase"], whole["level"], whole["reference"]) == ("ready", "senior", "ats-7")


def test_a_wrong_invitation_is_refused_with_the_fields(admin: Program, flatten: Takehome) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"email": "nobody"}, "email"),
        ({"name": "\0"}, "name"),
        ({"name": " "}, "name"),
        ({"take_home": "nothing"}, "take_home"),
        ({"level": "no-such"}, "level"),
        ({"time_zone": "../../etc/passwd"}, "time_zone"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"closes_at": "2020-01-01T00:00:00Z"}, "closes_at"),
        ({"closes_at": "9999-12-31T23:59:59Z"}, "closes_at"),
        ({"window_minutes": 10**30}, "window_minutes"),
        ({"max_attempts": 0}, "max_attempts"),
        ({"surprise": 1}, "surprise"),
    ]
    for change, field in wrong:
        assert field in problem(admin("POST", "/invitations", json={**ADA, **change}), 422)["errors"], change


def test_more_time_and_its_reason_are_recorded(
    service: Service, admin: Program, flatten: Takehome, clock: Clock
) -> None:
    made = admin("POST", "/invitations", json={**ADA, "closes_at": "2026-03-02T12:00:00Z"}).json()
    clock.advance(hours=4)
    path = f"/invitations/{made['id']}"
    assert admin("GET", path).json()["phase"] == "over"

    more = admin("POST", f"{path}/extend", json={"minutes": 120, "reason": "was ill"})

    assert (more.json()["phase"], more.json()["deadline"]) == ("ready", "2026-03-02T14:00:00Z")
    with service.sessions() as session:
        entry = session.scalars(select(Entry).where(Entry.action == "invitation.extended")).one()
        assert (entry.actor_kind, entry.details) == ("token", {"minutes": 120, "reason": "was ill"})
    problem(admin("POST", f"{path}/extend", json={"minutes": 129_600, "reason": "x"}), 422)
    problem(admin("POST", f"{path}/extend", json={"minutes": 1, "reason": " "}), 422)


def test_a_revoked_invitation_stays_so(admin: Program, flatten: Takehome) -> None:
    path = f"/invitations/{admin('POST', '/invitations', json=ADA).json()['id']}"

    first, second = admin("POST", f"{path}/revoke"), admin("POST", f"{path}/revoke")

    assert first.json()["phase"] == "revoked"
    assert first.json() == second.json()
    problem(admin("POST", f"{path}/extend", json={"minutes": 1, "reason": "x"}), 409)
    problem(admin("POST", f"/invitations/{uuid.uuid4()}/revoke"), 404)


def table(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"].startswith('attachment; filename="invitations.')
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_invitations_are_downloaded_with_the_results_of_the_attempt_that_counts(
    service: Service, admin: Program, program: Callable[..., Program], flatten: Takehome
) -> None:
    submission = graded(service, flatten, name="=Ada", email="ada@example.com")
    admin("POST", "/invitations", json={**ADA, "email": "bob@example.com", "name": "Bob"})

    bob, ada = table(admin("GET", "/invitations/export?takehome=flatten"))
    without = table(program(Scope.INVITE)("GET", "/invitations/export"))
    book = admin("GET", "/invitations/export?format=xlsx&phase=open")

    assert (ada["name"], ada["state"], ada["submission"]) == ("'=Ada", "graded", str(submission.id))
    assert (ada["points"], ada["score_percent"], ada["attempts"]) == ("54.05", "54.05", "1")
    assert ada["band"] == submission.band
    assert (bob["name"], bob["attempts"], bob["state"]) == ("Bob", "0", "")
    assert [set(row) & {"points", "state", "band", "decision"} for row in without] == [set(), set()]
    sheet = load_workbook(io.BytesIO(book.content)).worksheets[0]
    cells = {sheet.cell(1, column).value: sheet.cell(2, column) for column in range(1, sheet.max_column + 1)}
    assert (cells["name"].value, cells["name"].data_type) == ("=Ada", "s")
    assert (cells["points"].value, cells["points"].data_type) == (54.05, "n")


def test_a_file_invites_everybody_or_nobody(service: Service, admin: Program, flatten: Takehome) -> None:
    rows = [("Ada", "ada@example.com"), ("Bob", "bob@example.com")]
    wrong = b"name,email\nAda,ada@example.com\nBob,bob\n"
    address, headers = "/invitations/import?take_home=flatten", {"Content-Type": MEDIA_TYPE}

    refused = admin("POST", address, content=wrong, headers={"Content-Type": "text/csv"})
    assert list(problem(refused, 422)["errors"]) == ["line 3"]
    assert admin("GET", "/invitations").json()["items"] == []
    made = admin("POST", address, content=workbook(("name", "email"), rows), headers=headers)
    again = admin("POST", address, content=workbook(("name", "email"), rows), headers=headers)

    assert made.status_code == 201, made.text
    assert [one["name"] for one in made.json()["items"]] == ["Ada", "Bob"]
    with service.sessions() as session:
        for one in made.json()["items"]:
            token = one["link"].removeprefix("http://127.0.0.1:8000/i/")
            assert str(by_token(session, token).id) == one["id"]
    assert len(problem(again, 422)["errors"]) == 2
    problem(admin("POST", address, content=b"x", headers={"Content-Type": "text/plain"}), 415)
    problem(admin("POST", address, content=b"x" * 600_000, headers=headers), 413)
