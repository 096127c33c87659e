"""The private link: what it shows before, while and after it is open."""

from __future__ import annotations

import io
import uuid
import zipfile
from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from api.audit.tables import Entry
from api.http.access import LINK_GUESSES
from api.http.candidate.brief import brief_html, judged
from api.invitations.tables import Invitation
from api.service import Service
from api.takehomes.publishing import complete
from grader.takehome import find, names, shelf
from tests.api.conftest import Clock
from tests.api.http.candidate.conftest import Candidate, Invite


def test_opening_the_link_starts_nothing(client: TestClient, service: Service, invited: Invite) -> None:
    """Mail scanners open links."""
    invitation, token = invited()

    answer = client.get(f"/i/{token}")

    assert answer.status_code == 200
    assert "Opening this page has started nothing" in answer.text
    assert "2 days" in answer.text
    with service.sessions() as session:
        assert session.get_one(Invitation, invitation.id).opened_at is None


def test_the_brief_is_not_shown_before_the_start(client: TestClient, invited: Invite) -> None:
    _, token = invited()

    assert "KeyCollisionError" not in client.get(f"/i/{token}").text
    assert client.get(f"/i/{token}/starter").status_code == 404


def test_starting_twice_starts_once(ada: Candidate, clock: Clock) -> None:
    clock.advance(hours=1)

    ada.post("/start")

    assert "1 day 23 hours" in ada.get().text
    with ada.service.sessions() as session:
        assert session.query(Entry).filter_by(action="invitation.opened").count() == 1


def test_the_deadline_is_told_in_the_zone_of_the_invitation_and_in_utc(
    start: Callable[..., Candidate],
) -> None:
    text = start(time_zone="Europe/Berlin").get().text

    assert "4 Mar 2026, 10:00 (Europe/Berlin)" in text
    assert "4 Mar 2026, 09:00 (UTC)" in text


def test_the_page_says_what_will_be_judged_with_shares_that_add_up(ada: Candidate) -> None:
    text = ada.get().text

    assert "Flattening" in text
    assert "26 %" in text
    assert "joins the keys on the way to each value" in text


@pytest.mark.parametrize("takehome", names(shelf()))
def test_shares_add_up_to_a_hundred(takehome: str) -> None:
    shares = [one.share for one in judged(complete(find(takehome, shelf()).rubric_yaml), None)]

    assert sum(shares) == 100


def test_a_page_before_its_time_names_the_time(client: TestClient, invited: Invite, clock: Clock) -> None:
    _, token = invited(opens_at=clock.now + timedelta(days=1), time_zone="America/New_York")

    text = client.get(f"/i/{token}").text

    assert "has not begun" in text
    assert "3 Mar 2026, 04:00 (America/New_York)" in text
    client.post(f"/i/{token}/start")
    assert "has not begun" in client.get(f"/i/{token}").text


def test_after_the_end_the_uploads_can_still_be_seen(ada: Candidate, clock: Clock) -> None:
    ada.send()
    clock.advance(days=3)

    text = ada.get().text

    assert "is over" in text
    assert "Attempt 1" in text
    assert "KeyCollisionError" not in text


def test_a_revoked_link_says_so(ada: Candidate, clock: Clock) -> None:
    with ada.service.sessions.begin() as session:
        session.get_one(Invitation, ada.invitation.id).revoked_at = clock.now

    assert ada.get().status_code == 410
    assert "was withdrawn" in ada.get().text
    assert ada.get("/starter").status_code == 404
    assert ada.send().status_code == 410


def test_an_unknown_link_is_not_found(client: TestClient, invited: Invite) -> None:
    invited()

    answer = client.get("/i/inv_unknown")

    assert answer.status_code == 404
    assert "copied whole" in answer.text


def test_guessing_links_is_throttled_but_known_links_open(ada: Candidate, clock: Clock) -> None:
    """Candidates behind one address must not lose their window because somebody there guesses."""
    for number in range(LINK_GUESSES):
        assert ada.client.get(f"/i/inv_{number}").status_code == 404

    assert ada.client.get("/i/inv_more").status_code == 429
    upload = f"/i/inv_more/uploads/{uuid.uuid4()}"
    assert ada.client.patch(upload, headers={"Upload-Offset": "0"}).status_code == 429
    assert ada.get().status_code == 200
    clock.advance(minutes=16)
    assert ada.client.get("/i/inv_more").status_code == 404


def test_the_starter_is_a_zip_of_the_starter_and_nothing_else(ada: Candidate) -> None:
    answer = ada.get("/starter")

    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == [f"flatten/{path}" for path in find("flatten", shelf()).starter]
    assert answer.headers["content-security-policy"] == "sandbox"
    assert "attachment" in answer.headers["content-disposition"]


def test_a_brief_cannot_bring_scripts() -> None:
    hostile = (
        "# Title\n\n<script>alert(1)</script>\n\n[x](javascript:alert(1)) [y](data:text/html,x) "
        "[z](https://example.com) ![i](https://example.com/i.png)\n\n## Part\n\n"
        "<img src=x onerror=alert(1)> \u202eabc"
    )

    html = brief_html(hostile, "Title")

    assert "<script" not in html
    assert "<img" not in html
    assert 'href="javascript' not in html
    assert 'href="data' not in html
    assert 'href="https://example.com" rel="noopener noreferrer nofollow"' in html
    assert "\u202e" not in html
    assert "<h1" not in html
    assert "<h3>Part</h3>" in html


def test_the_page_says_what_is_expected_of_the_level(
    client: TestClient, start: Callable[..., Candidate]
) -> None:
    text = start(level="senior").get().text

    assert "Level: Senior." in text
    assert "At senior level we expect ten tests" in text
    assert "About 40 minutes." in text
    assert "Why it counts: It is the half that everything else builds on." in text


def test_a_level_changes_what_is_judged() -> None:
    text = """rubric: 1
name: x
title: X
version: 1
criteria:
  - {id: a, title: A, announced: a, weight: 1, items: [{id: i, kind: yes_no, title: i, points: 1,
     condition: {measure: hidden_tests.share, equals: 1}}]}
  - {id: b, title: B, announced: b, weight: 2, items: [{id: j, kind: yes_no, title: j, points: 1,
     condition: {measure: hidden_tests.share, equals: 1}}]}
levels:
  senior: {title: Senior, criteria: {b: {weight: 7}}}
"""
    assert [one.share for one in judged(text, None)] == [33, 67]
    assert [one.share for one in judged(text, "senior")] == [13, 87]
