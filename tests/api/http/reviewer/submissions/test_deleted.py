"""Submissions whose data was deleted: figures and decisions are kept, and no page or route breaks."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

import pytest

from api.accounts.keys import Scope
from api.accounts.tables import Role
from api.invitations.erasing import erase_candidate
from api.invitations.tables import Candidate
from tests.api.conftest import TESTER
from tests.api.graded import graded
from tests.api.http.reviewer.submissions.conftest import Desk
from tests.api.http.v1.conftest import Program
from tests.api.http.v1.conftest import program as program  # noqa: PLC0414 -- a fixture
from tests.api.http.v1.problems import problem

PAGES = (
    "",
    "/code",
    "/code?view=starter",
    "/code?view=reference",
    "/questions",
    "/history",
    "/candidate",
)
GONE = ("/download/json", "/download/html", "/download/upload")


@pytest.fixture
def erased(desk: Desk) -> Desk:
    """Judged and decided, and then the candidate deleted their data."""
    desk.post("/judgements", target="flatten-works", points="26", reason="SECRET reason about Ada")
    desk.post("/comments", key=str(uuid.uuid4()), text="SECRET comment")
    desk.post("/decisions", verdict="hold", note="SECRET note")
    with desk.service.sessions.begin() as session:
        candidate = session.get_one(Candidate, desk.submission.candidate_id)
        erase_candidate(session, desk.service.blobs, candidate, TESTER, desk.service.now())
    return desk


def test_every_page_opens_and_tells_that_the_data_is_gone(erased: Desk) -> None:
    for page in PAGES:
        text = erased.get(page)
        assert "Data deleted" in text, page
        for private in ("Ada", "SECRET", "def flatten"):
            assert private not in text, (page, private)
    for page in GONE:
        assert erased.client.get(erased.base + page).status_code == 410, page


def test_figures_and_the_decision_are_kept(erased: Desk) -> None:
    text = erased.get()

    assert "What is kept" in text
    assert "59.05 of 100" in text
    assert "Flattening" in text
    assert "Decided: Hold" in text
    assert "Grade again" not in text


def test_the_queue_lists_it(erased: Desk) -> None:
    for page in ("/", "/?status=deleted", "/?decision=hold", "/?order=highest"):
        text = erased.client.get(page).text
        assert 'pill ">data deleted' in text, page
        assert "59.05 of 100" in text, page
    assert "No submission fits" in erased.client.get("/?q=ada").text


def test_it_can_be_compared(erased: Desk) -> None:
    takehome = erased.submission_takehome()
    other = graded(erased.service, takehome, "good", "Grace Hopper", "grace@example.com")

    text = erased.client.get(f"/compare?ids={erased.submission.id},{other.id}").text

    assert "Data deleted" in text
    assert "59.05 / 100" in text
    assert "Grace Hopper" in text


def test_pages_about_its_take_home_open(erased: Desk) -> None:
    erased.be(Role.AUTHOR, "author2@example.com")
    for page in ("/take-homes/flatten", "/take-homes/flatten/versions", "/take-homes/flatten/rubric", "/invitations"):
        assert erased.client.get(page).status_code == 200, page
    rubric = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", erased.client.get("/take-homes/flatten/rubric").text, re.S)
    assert rubric is not None


def test_nothing_can_be_done_to_it_any_more(erased: Desk) -> None:
    erased.be(Role.AUTHOR, "author2@example.com")
    tried = {
        "/judgements": {"target": "flatten-works", "points": "3", "reason": "x"},
        "/comments": {"key": str(uuid.uuid4()), "text": "x"},
        "/decisions": {"verdict": "advance"},
        "/cancel": {},
        "/grade-again": {},
        "/regrade": {},
    }
    for below, form in tried.items():
        assert erased.post(below, **form).status_code in {409, 410}, below
    assert "event: done" in erased.get("/events")


def test_the_api_shows_it_as_deleted(erased: Desk, program: Callable[..., Program]) -> None:
    admin = program(Scope.ADMIN)
    path = f"/submissions/{erased.submission.id}"

    shown = admin("GET", path).json()

    assert (shown["state"], shown["file_name"], shown["decision"]) == ("deleted", "", "hold")
    assert shown["score"]["points"] == pytest.approx(59.05)
    assert [one["id"] for one in admin("GET", "/submissions?state=deleted").json()["items"]] == [shown["id"]]
    for rest in ("/report", "/candidate-report", "/archive"):
        problem(admin("GET", path + rest), 410)
    for kind in ("judgements", "comments", "decisions"):
        listed = admin("GET", f"{path}/{kind}")
        assert listed.status_code == 200, kind
        assert "SECRET" not in listed.text, kind
    assert '"state":"deleted"' in admin("GET", f"{path}/events").text
    for rest, body, status in (
        ("/judgements", {"target": "flatten-works", "points": 3, "reason": "x"}, 410),
        ("/comments", {"text": "x"}, 409),
        ("/decisions", {"verdict": "advance"}, 409),
        ("/regrade", None, 409),
        ("/cancel", None, 409),
    ):
        problem(admin("POST", path + rest, json=body), status)
