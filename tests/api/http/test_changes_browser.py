"""The pages of authors in a real browser: they work by keyboard and on a phone, and axe finds nothing serious."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import select

from api.accounts.tables import Role
from api.reviews.tables import Change
from api.reviews.trying import try_change
from api.service import Service
from api.takehomes.tables import SuiteVersion, Takehome
from tests.api.conftest import PASSWORD, People
from tests.api.graded import graded

pytestmark = pytest.mark.browser

SCREENSHOTS = os.environ.get("SCREENSHOTS")
"""A folder to write pictures to, for whoever wants to look."""
LONG = "Maximiliane-Theodora Freifrau von und zu Grafenstein-Hohenlohe " + "W" * 60


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for all tests."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def author(chromium: Browser, live: str, people: People) -> Iterator[Page]:
    """A page with a signed-in administrator, on which nothing of the policy may be violated."""
    user = people.add(Role.ADMIN)
    context = chromium.new_context(base_url=live)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
    complaints.clear()  # the front page is another's
    yield page
    context.close()
    assert [line for line in complaints if "status of" not in line] == []


def looked_at(page: Page, name: str) -> None:
    """Axe finds nothing serious and nothing is wider than a phone, light and dark."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        for width in (1280, 360):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (
                f"{name}: wider than {width}"
            )
            if SCREENSHOTS:
                Path(SCREENSHOTS).mkdir(parents=True, exist_ok=True)
                page.screenshot(path=f"{SCREENSHOTS}/{name}-{scheme}-{width}.png", full_page=True)
        found = Axe().run(page).response["violations"]
        serious = [one["id"] for one in found if one["impact"] in {"serious", "critical"}]
        assert serious == [], f"{name}, {scheme}"
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light")


def test_an_author_edits_a_rubric_and_applies_it(service: Service, flatten: Takehome, author: Page) -> None:
    for number, sample in enumerate(("poor", "middling", "good", "cheating")):
        graded(
            service, flatten, sample, LONG if number == 0 else f"Candidate {number}", f"c{number}@example.com"
        )
    page = author
    page.goto("/take-homes/flatten/rubric")
    field = page.get_by_label("Text of the rubric")
    start = field.input_value()
    field.fill(
        start.replace("kind: scaled", "kind: scalled", 1).replace("title: Collisions", "titel: Collisions", 1)
    )
    page.get_by_text("Did you mean `scaled`?").wait_for()
    looked_at(page, "editor-errors")

    line = start[: start.index("flatten-works")].count("\n") + 1
    page.get_by_role("button", name=f"line {line}", exact=True).click()
    assert page.evaluate("document.activeElement.id") == "text"
    selected = "t => t.value.slice(t.selectionStart, t.selectionEnd)"
    assert "flatten-works" in field.evaluate(selected)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "note"

    field.fill(start.replace("weight: 26", "weight: 66", 1))
    page.get_by_role("button", name="Check, and show who would move").click()
    page.get_by_text("What it would do to the last 4 submissions").wait_for()
    looked_at(page, "editor-what-if")

    page.get_by_role("button", name="Save and try it").click()
    page.wait_for_url("**/changes/*")
    looked_at(page, "change-trying")
    with service.sessions() as session:
        change = session.scalars(select(Change)).one()
    try_change(service, change.id)
    page.get_by_text("waits for a decision").wait_for(timeout=20_000)
    looked_at(page, "change-ready")
    page.get_by_role("button", name="Apply to all submissions").click()
    page.get_by_text("Applied by").wait_for()

    page.goto("/take-homes/flatten/versions?from=1&to=2")
    assert page.get_by_text("weight: 66").is_visible()
    looked_at(page, "versions")


def test_the_findings_of_a_check_can_be_read(service: Service, flatten: Takehome, author: Page) -> None:
    remarks = [
        {"fine": True, "text": "reference scores 100 of 100"},
        {"fine": False, "text": "starter scores 60 of 100; it should score about nothing"},
        {
            "fine": False,
            "text": "suite rejects 2 of 20 mutants\npasses unnoticed: a.py:3\npasses unnoticed: a.py:"
            + "9" * 300,
        },
    ]
    with service.sessions.begin() as session:
        suite = session.scalars(select(SuiteVersion)).one()
        suite.check, suite.check_result = "failed", {"remarks": remarks}
    page = author
    page.goto("/take-homes/flatten/versions/1")
    page.get_by_text("2 of 3 remarks keep it from being published.").wait_for()
    looked_at(page, "check-failed")
    page.get_by_role("button", name="Check again").click()
    page.get_by_text("A worker takes it up").wait_for()

    page.goto("/take-homes/publish")
    looked_at(page, "publish")
    page.set_input_files(
        "input[type=file]", {"name": "x.zip", "mimeType": "application/zip", "buffer": b"no"}
    )
    page.get_by_role("button", name="Publish").click()
    page.get_by_text("Nothing was published").wait_for()
    looked_at(page, "publish-problems")
