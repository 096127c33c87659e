"""Inviting and what comes after, as reviewers do it."""

from __future__ import annotations

import base64
import csv
import html
import io
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from api.accounts.tables import Role
from api.http.spreadsheets import workbook
from api.invitations.inviting import by_token
from api.invitations.tables import Invitation
from api.invitations.windows import deadline
from api.service import Service
from api.takehomes.tables import Takehome
from tests.api.conftest import Clock, People
from tests.api.graded import graded

LINK = re.compile(r"http://127\.0\.0\.1:8000/i/(inv_[\w-]+)")
FORM = {
    "take_home": "flatten",
    "name": "Ada Lovelace",
    "email": "ada@example.com",
    "time_zone": "Europe/Berlin",
}


def how_many(service: Service) -> int:
    """Invitations in the database."""
    with service.sessions() as session:
        return session.scalar(select(func.count()).select_from(Invitation)) or 0


def test_without_invitations_the_page_says_what_to_do(
    people: People, client: TestClient, flatten: Takehome
) -> None:
    people.sign_in(Role.REVIEWER)

    assert "Nobody is invited yet" in client.get("/invitations").text


def test_the_link_is_shown_once_and_works(
    service: Service, people: People, client: TestClient, flatten: Takehome
) -> None:
    people.sign_in(Role.REVIEWER)

    made = client.post("/invitations/new", data=FORM)

    token = LINK.search(made.text)
    assert made.status_code == 200
    assert token is not None
    with service.sessions() as session:
        invitation = by_token(session, token[1])
    assert invitation.time_zone == "Europe/Berlin"
    assert not LINK.search(client.get(f"/invitations/{invitation.id}").text)
    assert "Ada Lovelace" in client.get("/invitations?q=ada&phase=ready").text
    assert "No invitation fits" in client.get("/invitations?phase=over").text


def test_what_is_wrong_with_a_form_is_said_beside_the_field(
    service: Service, people: People, client: TestClient, flatten: Takehome
) -> None:
    people.sign_in(Role.REVIEWER)

    wrong = {**FORM, "email": "nobody", "window_minutes": "2"}
    refused = client.post("/invitations/new", data=wrong)

    assert refused.status_code == 422
    assert 'id="email-problem"' in refused.text
    assert "5 minutes to 90 days" in refused.text
    assert 'value="Ada Lovelace"' in refused.text
    assert (
        "choose from junior, mid, senior, staff"
        in client.post("/invitations/new", data={**FORM, "level": "wizard"}).text
    )
    assert client.post("/invitations/new", data={**FORM, "take_home": "no"}).status_code == 422
    assert how_many(service) == 0


def test_a_time_is_meant_in_the_time_zone_of_the_form(
    service: Service, people: People, client: TestClient, flatten: Takehome
) -> None:
    people.sign_in(Role.REVIEWER)

    client.post("/invitations/new", data={**FORM, "closes_at": "2026-03-31T18:00"})

    with service.sessions() as session:
        closes = session.scalars(select(Invitation.closes_at)).one()
    assert closes is not None
    assert closes.isoformat() == "2026-03-31T16:00:00+00:00"


def test_a_new_link_makes_the_old_one_useless(
    service: Service, people: People, client: TestClient, invited: Callable[..., tuple[Invitation, str]]
) -> None:
    invitation, old = invited()
    people.sign_in(Role.REVIEWER)

    fresh = LINK.search(client.post(f"/invitations/{invitation.id}/link").text)

    assert fresh is not None
    with service.sessions() as session:
        assert by_token(session, fresh[1]).id == invitation.id
        assert session.scalar(select(func.count()).where(Invitation.token_hash == invitation.token_hash)) == 0
    assert old != fresh[1]


def test_more_time_needs_a_reason_and_is_in_the_history(
    service: Service, people: People, client: TestClient, invited: Callable[..., tuple[Invitation, str]]
) -> None:
    invitation, _ = invited(closes_at=service.now() + timedelta(hours=1))
    people.sign_in(Role.REVIEWER)
    address = f"/invitations/{invitation.id}"

    assert client.post(f"{address}/extend", data={"minutes": "90", "reason": " "}).status_code == 422
    client.post(f"{address}/extend", data={"minutes": "90", "reason": "was ill"})

    with service.sessions() as session:
        found = session.get_one(Invitation, invitation.id)
        assert deadline(found) == service.now() + timedelta(hours=2, minutes=30)
    assert "invitation.extended" in client.get(address).text
    assert "was ill" in client.get(address).text


def test_a_revoked_invitation_cannot_be_changed(
    people: People, client: TestClient, invited: Callable[..., tuple[Invitation, str]]
) -> None:
    invitation, _ = invited()
    people.sign_in(Role.REVIEWER)
    address = f"/invitations/{invitation.id}"

    assert client.post(f"{address}/revoke").status_code == 303

    assert "revoked" in client.get(address).text
    assert client.post(f"{address}/link").status_code == 409
    assert client.post(f"{address}/remind").status_code == 409
    assert client.post(f"{address}/extend", data={"minutes": "5", "reason": "x"}).status_code == 409


def test_a_file_is_looked_through_before_anybody_is_invited(
    service: Service, people: People, client: TestClient, flatten: Takehome, clock: Clock
) -> None:
    people.sign_in(Role.REVIEWER)
    file = (
        "name;email;level;closes_at;time_zone\n"
        "Ada;ada@example.com;senior;2026-04-01 18:00;Europe/Berlin\n"
        "Bob;bob@example;wizard;yesterday;\n"
        "Ada again;ADA@example.com;;;\n"
    )

    seen = client.post(
        "/invitations/import", data={"take_home": "flatten"}, files={"file": ("a.csv", file.encode())}
    )

    assert seen.status_code == 422
    assert "2 of 3 lines are not right" in seen.text
    assert "closes_at: must look like" in seen.text
    assert "the same e-mail as line 2" in seen.text
    confirmed = {"take_home": "flatten", "text": file, "confirm": "show"}
    assert client.post("/invitations/import", data=confirmed).status_code == 422
    assert how_many(service) == 0


def test_confirmed_everybody_is_invited_and_the_links_are_a_safe_file(
    service: Service, people: People, client: TestClient, flatten: Takehome
) -> None:
    people.sign_in(Role.REVIEWER)
    file = 'name,email,reference\nAda,ada@example.com,R-1\n"=HYPERLINK(1)",eve@example.com,"+1\t2"\n'
    preview = client.post(
        "/invitations/import", data={"take_home": "flatten"}, files={"file": ("a.csv", file.encode())}
    )
    assert (preview.status_code, how_many(service)) == (200, 0)

    form = {"take_home": "flatten", "text": file, "confirm": "show"}
    made = client.post("/invitations/import", data=form)

    assert how_many(service) == 2
    encoded = re.search(r"base64,([A-Za-z0-9+/=]+)", made.text)
    assert encoded is not None
    rows = list(csv.DictReader(io.StringIO(base64.b64decode(encoded[1]).decode("utf-8-sig"))))
    assert rows[1]["name"] == "'=HYPERLINK(1)"
    assert rows[1]["reference"].startswith("'+1")
    with service.sessions() as session:
        assert by_token(session, rows[0]["link"].rpartition("/")[2]).takehome.name == "flatten"
    again = client.post("/invitations/import", data=form)
    assert "has an invitation to this take-home already" in again.text
    assert how_many(service) == 2


def test_files_that_are_no_list_of_candidates_are_refused_with_the_reason(
    people: People, client: TestClient, flatten: Takehome
) -> None:
    people.sign_in(Role.REVIEWER)
    for file, reason in (
        (b"", "name and email"),
        (b"name,phone\n", "&#39;phone&#39;"),
        (b"name,email\n", "holds 0 candidates"),
        (b"\xff\xfe", "not UTF-8"),
        (b"name,email\n" + b"a,a@b.example\n" * 501, "holds 501 candidates"),
    ):
        answer = client.post(
            "/invitations/import", data={"take_home": "flatten"}, files={"file": ("a.csv", file)}
        )
        assert (answer.status_code, reason in answer.text) == (422, True), (file[:20], answer.text)


@pytest.mark.parametrize(
    "file",
    [
        workbook(("name", "email"), [("Ada", "ada@example.com")]),
        b"\xef\xbb\xbfname,email\r\nAda,ada@example.com\r\n",
    ],
    ids=["workbook", "CSV of Windows"],
)
def test_what_spreadsheets_write_can_be_confirmed_as_it_was_shown(
    service: Service, people: People, client: TestClient, flatten: Takehome, file: bytes
) -> None:
    people.sign_in(Role.REVIEWER)
    seen = client.post("/invitations/import", data={"take_home": "flatten"}, files={"file": ("a.xlsx", file)})
    text = re.search(r"<textarea name=\"text\" hidden>\n(.*?)</textarea>", seen.text, re.DOTALL)
    assert (seen.status_code, text is not None) == (200, True), seen.text
    assert text is not None
    form = {"take_home": "flatten", "text": text[1], "confirm": "show"}
    assert client.post("/invitations/import", data=form).status_code == 200
    assert how_many(service) == 1


def test_the_list_is_a_file_with_its_filters_and_results(
    service: Service, people: People, client: TestClient, flatten: Takehome
) -> None:
    graded(service, flatten)
    people.sign_in(Role.REVIEWER)
    listed = client.get("/invitations?take_home=flatten").text
    link = "/invitations/export?take_home=flatten&amp;format=csv"
    assert link in listed

    file = client.get(html.unescape(link))
    assert file.status_code == 200, file.text
    (row,) = csv.DictReader(io.StringIO(file.content.decode("utf-8-sig")))
    nobody = client.get("/invitations/export?q=nobody").text
    blind = client.get("/?blind=true")
    unseen = client.get("/invitations/export").text

    assert (row["name"], row["state"], row["points"]) == ("Ada Lovelace", "graded", "54.05")
    assert len(nobody.splitlines()) == 1
    assert blind.status_code == 303
    assert "ada@example.com" in unseen
    assert "54.05" not in unseen
