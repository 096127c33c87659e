"""The desk in a real browser: readable for everybody, on a phone and in the dark, empty and crowded.

Where SCREENSHOTS names a folder, pictures of all pages are kept there.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import insert, text, update

from api.accounts.keys import Scope, make_key
from api.accounts.people import add_user
from api.accounts.tables import Role
from api.database.base import new_id
from api.invitations.inviting import Terms, invite
from api.invitations.tables import Candidate
from api.service import Service
from api.submissions.states import State
from api.submissions.tables import PassRate, Submission
from api.takehomes.tables import Takehome
from tests.api.conftest import PASSWORD, TESTER, People
from tests.api.graded import graded

pytestmark = pytest.mark.browser
PICTURES = os.environ.get("SCREENSHOTS")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LONG = "Wolfeschlegelsteinhausenbergerdorff" * 4
HOSTILE = "<img src=x onerror=alert(1)>\u202e=cmd"


@dataclass(frozen=True)
class Desk:
    """A signed-in administrator's tabs."""

    browser: Browser
    address: str
    email: str

    def tab(self, width: int, scheme: str, *, bypass_csp: bool = False) -> Page:
        """A tab that is signed in."""
        context = self.browser.new_context(
            bypass_csp=bypass_csp,
            color_scheme=scheme,  # type: ignore[arg-type]
            viewport={"width": width, "height": 900},
        )
        tab = context.new_page()
        tab.goto(f"{self.address}/sign-in")
        tab.fill("[name=email]", self.email)
        tab.fill("[name=password]", PASSWORD)
        tab.click("main button")
        tab.wait_for_url(f"{self.address}/")
        return tab

    def look(self, paths: dict[str, str], kind: str) -> None:
        """Check every page wide and light, and narrow and dark."""
        for width, scheme, rules in ((1280, "light", RULES), (360, "dark", ["color-contrast"])):
            # the page's own policy forbids the checker's script, as it should
            tab = self.tab(width, scheme, bypass_csp=True)
            heard: list[str] = []
            tab.on("pageerror", lambda error, heard=heard: heard.append(str(error)))
            tab.on("dialog", lambda dialog, heard=heard: heard.append(dialog.message))
            for name, path in paths.items():
                answer = tab.goto(self.address + path)
                assert answer is not None
                assert answer.status == 200, (path, answer.status)
                tab.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
                if PICTURES:
                    place = Path(PICTURES) / f"{kind}-{name}-{width}-{scheme}.png"
                    tab.screenshot(path=place, full_page=kind != "crowded")
                assert tab.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
                found = Axe().run(tab, options={"runOnly": rules}).response["violations"]
                assert [(one["id"], one["nodes"][0]["html"][:300]) for one in found] == [], (name, scheme)
            assert heard == []
            tab.context.close()


@pytest.fixture
def desk(browser: Browser, live: str, people: People) -> Desk:
    """The desk of an administrator."""
    return Desk(browser, live, people.add(Role.ADMIN).email)


PAGES = {
    "queue": "/",
    "takehomes": "/take-homes",
    "invitations": "/invitations",
    "people": "/people",
    "tokens": "/tokens",
    "audit": "/audit",
    "account": "/account",
    "invite": "/invitations/new",
    "import": "/invitations/import",
}


def test_empty(desk: Desk) -> None:
    desk.look(PAGES, "empty")


def test_the_policy_has_nothing_to_complain_of(desk: Desk, service: Service, flatten: Takehome) -> None:
    graded(service, flatten, "good", HOSTILE)
    tab = desk.tab(1280, "light")
    heard: list[str] = []
    tab.on("console", lambda message: heard.append(message.text))
    tab.on("pageerror", lambda error: heard.append(str(error)))
    for path in (*PAGES.values(), "/take-homes/flatten"):
        tab.goto(desk.address + path)

    assert heard == []


def test_with_some_of_everything(desk: Desk, service: Service, flatten: Takehome) -> None:
    for number, (sample, name) in enumerate(
        [("good", "Ada Lovelace"), ("middling", "Grace Hopper"), ("poor", HOSTILE), ("cheating", LONG[:190])]
    ):
        graded(service, flatten, sample, name, f"p{number}@example.com")
    failed = graded(service, flatten, "middling", "Katherine Johnson", "kj@example.com")
    judged = graded(service, flatten, "middling", "Mary Jackson", "mj@example.com")
    none = {"share": None, "points": None, "max_points": None, "pending": None, "band": None}
    with service.sessions.begin() as session:
        session.execute(
            update(Submission).where(Submission.id == failed.id).values(state=State.FAILED, **none)
        )
        session.execute(
            update(Submission).where(Submission.id == judged.id).values(state=State.UNGRADABLE, **none)
        )
        session.execute(text("UPDATE submissions SET decision = 'advance' WHERE share > 0.9"))
        rows = [
            {"suite_id": flatten.suite_id, "test": f"test_{n}", "passed": n, "graded": 30} for n in (0, 9, 30)
        ]
        session.execute(insert(PassRate), rows)
        admin, _ = add_user(session, "new@example.com", LONG[:190], Role.AUTHOR, service.now())
        make_key(session, admin, "CI of the website", [Scope.SUBMIT, Scope.READ], service.now(), TESTER)
        takehome = session.get_one(Takehome, flatten.id)
        terms = Terms(time_zone="Europe/Berlin", extra_minutes=90, extra_reason="an accommodation")
        made, _ = invite(session, takehome, "Dorothy Vaughan", "dv@example.com", terms, TESTER, service.now())
    pages = {"takehome": "/take-homes/flatten", "invitation": f"/invitations/{made.id}", "none": "/?q=nobody"}
    desk.look(PAGES | pages, "some")


def test_crowded(desk: Desk, service: Service, flatten: Takehome) -> None:
    with service.sessions.begin() as session:
        people = [
            {"id": new_id(), "name": f"{LONG[: 20 + n % 170]} {n}", "email": f"{LONG[:60]}{n}@example.com",
             "reference": LONG[:200], "created_at": service.now()}
            for n in range(500)
        ]  # fmt: skip
        session.execute(insert(Candidate), people)
        states = list(State)
        session.execute(
            insert(Submission),
            [
                {"id": new_id(), "takehome_id": flatten.id, "suite_id": flatten.suite_id, "attempt": 1 + n % 3,
                 "candidate_id": person["id"], "source": "page", "label": "", "file_name": "a", "blob": "0" * 64,
                 "size": 1, "received_at": service.now(), "state": states[n % len(states)].value,
                 "state_at": service.now(), "progress": {"step": LONG}, "tries": 1, "level": LONG[:60],
                 "share": n / 500 if n % 8 == 3 else None, "points": n / 5, "max_points": 100.0,
                 "pending": 7.5 if n % 16 == 3 else 0.0, "band": LONG[:140]}
                for n, person in enumerate(people)
            ],
        )  # fmt: skip
    desk.look({"queue": "/", "by-score": "/?order=highest"}, "crowded")


def test_the_queue_is_filtered_with_the_keyboard_alone(
    desk: Desk, service: Service, flatten: Takehome
) -> None:
    graded(service, flatten, "good", "Ada Lovelace", "ada@example.com")
    graded(service, flatten, "poor", "Grace Hopper", "grace@example.com")
    tab = desk.tab(1280, "light")

    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.textContent") == "Skip to the content"
    tab.keyboard.press("Enter")
    for _ in range(8):
        tab.keyboard.press("Tab")
        if tab.evaluate("document.activeElement.name") == "q":
            break
    tab.keyboard.type("grace")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/?q=grace*")

    assert tab.locator("tbody tr").count() == 1
    assert "Grace Hopper" in tab.inner_text("tbody")


def test_a_candidate_is_invited_and_the_link_copied(desk: Desk, service: Service, flatten: Takehome) -> None:
    tab = desk.tab(1280, "light")
    tab.goto(f"{desk.address}/take-homes/flatten")
    tab.click("text=Invite a candidate")
    tab.fill("[name=name]", "Ada Lovelace")
    tab.fill("[name=email]", "ada@example.com")
    tab.click("text=Invite and show the link")

    link = tab.input_value("[data-copy]")
    assert link.startswith(f"{desk.address}/i/inv_")
    expect(tab.locator("button", has_text="Copy")).to_have_count(
        1
    )  # made by a script, a moment after the page
