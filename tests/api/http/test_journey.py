"""The whole journey in a real browser, with a real server and a real worker on Docker: from invitation to decision.

Where PICTURES names a folder, a picture of each step is kept there.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from api.accounts.tables import Role
from api.service import Service
from api.shift import Stop, run_worker
from api.submissions.tables import Submission
from api.takehomes.packing import files_of
from api.takehomes.publishing import publish
from grader.takehome import shelf
from tests.api.conftest import PASSWORD, TESTER, People
from tests.api.graded import sample_zip

pytestmark = [pytest.mark.browser, pytest.mark.docker, pytest.mark.timeout(600)]
PICTURES = os.environ.get("PICTURES", "")
TAKEHOME = "bughunt-ledger"
"""Has a question that only a person can answer, and needs the smallest image."""
GRADING_MS = 240_000
"""On two busy cores, with the images there: starting the worker, and one grading."""


@dataclass
class Person:
    """Somebody with a browser of their own."""

    page: Page
    complaints: list[str]

    def look(self, name: str) -> None:
        """Keep a picture, where pictures are wanted."""
        if PICTURES:
            self.page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)

    def press(self, name: str) -> None:
        """Go to a button or fold by its name, and press it with the keyboard."""
        target = self.page.get_by_text(name, exact=True).first
        target.focus()
        self.page.keyboard.press("Enter")


@pytest.fixture
def person(browser: Browser, live: str) -> Iterator[Callable[[], Person]]:
    """Opens browsers. Nothing may be refused by the policy or raise in a script of theirs."""
    made: list[Person] = []

    def make() -> Person:
        page = browser.new_context(base_url=live, viewport={"width": 1280, "height": 900}).new_page()
        one = Person(page, [])
        page.on("pageerror", lambda error: one.complaints.append(str(error)))
        page.on("dialog", lambda dialog: one.complaints.append(dialog.message))
        page.on("console", lambda said: one.complaints.append(said.text) if said.type == "error" else None)
        made.append(one)
        return one

    yield make
    for one in made:
        one.page.context.close()
    assert [one.complaints for one in made if one.complaints] == []


@pytest.fixture
def at_work(service: Service) -> Callable[[], AbstractContextManager[None]]:
    """A context in which a worker grades, as `grader worker` does."""

    @contextmanager
    def working() -> Iterator[None]:
        settings = service.settings.model_copy(update={"warm": 1, "grades_at_once": 1})
        stop = Stop(300)
        thread = threading.Thread(target=run_worker, args=(replace(service, settings=settings), stop))
        thread.start()
        try:
            yield
        finally:
            stop.ask()
            thread.join(120)
            assert not thread.is_alive()

    return working


def sign_in(someone: Person, email: str) -> None:
    page = someone.page
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Queue", exact=True)).to_be_visible()


def invite(admin: Person) -> str:
    """Invite on the page; gives the private link."""
    page = admin.page
    expect(page.get_by_role("heading", name="No submissions yet")).to_be_visible()
    admin.look("01-empty-queue")
    page.get_by_role("link", name="Invite a candidate").click()
    page.get_by_label("Name", exact=True).fill("Ada Lovelace")
    page.get_by_label("E-mail").fill("ada@example.com")
    page.get_by_text("Attempts and feedback").click()
    page.get_by_label("Candidate sees of the report").select_option("criteria")
    admin.look("02-invite")
    page.get_by_role("button", name="Invite and show the link").click()
    expect(page.get_by_role("heading", name="The candidate is invited")).to_be_visible()
    admin.look("03-invited")
    return page.get_by_label("Private link").input_value()


def upload(ada: Person, link: str) -> None:
    """Open the link, start, read the brief, upload."""
    page = ada.page
    page.goto(link)
    ada.look("04-start")
    ada.press("Start my time")
    expect(page.get_by_role("heading", name="The brief")).to_be_visible()
    expect(page.locator("#left")).to_contain_text("day")
    ada.look("05-brief")
    archive = {
        "name": "ledger.tar.gz",
        "mimeType": "application/gzip",
        "buffer": sample_zip(TAKEHOME, "middling"),
    }
    page.get_by_label("A zip or tar archive").set_input_files([archive])  # type: ignore[list-item]
    page.get_by_role("button", name="Upload", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Attempt 1 was received")).to_be_visible()
    expect(page.locator("#progress")).to_have_text("It is next in line.")
    ada.look("06-received")


def watch(reviewer: Person) -> None:
    """Nobody grades yet: the queue says so, and so does the page that then goes on by itself."""
    page = reviewer.page
    expect(page.get_by_text("No worker grades at the moment.")).to_be_visible()
    reviewer.look("07-queue-nobody-grades")
    page.get_by_role("link", name="Ada Lovelace").click()
    expect(page.locator("#state")).to_have_text("Waiting")
    expect(page.locator("#progress")).to_have_text("It is next in line.")
    reviewer.look("08-review-waiting")


def answer(reviewer: Person) -> None:
    """Answer the question that waits for a person."""
    page = reviewer.page
    page.goto("/?status=needs-person")
    expect(page.get_by_text("needs a person").last).to_be_visible()
    reviewer.look("10-queue-needs-person")
    page.get_by_role("link", name="Ada Lovelace").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Ada Lovelace")).to_be_visible()
    reviewer.look("11-report")
    item = page.locator("li", has=page.get_by_role("heading", name="NOTES.md explains the bug"))
    item.get_by_label("The cause is named").check()
    item.get_by_label("Reason").fill("It names the cause.")
    item.get_by_role("button", name="Answer", exact=True).click()
    expect(page.get_by_text("Your judgement is in force: answer “partly”.")).to_be_visible()
    reviewer.look("12-answered")


def override(reviewer: Person) -> None:
    """Give the first item points, with a reason, by the keyboard."""
    page = reviewer.page
    page.locator("details.judge > summary", has_text="Override").first.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("1")
    page.keyboard.press("Tab")
    page.keyboard.type("Half of it was there.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your judgement is in force: 1 point.")).to_be_visible()
    reviewer.look("13-overridden")


def comment(reviewer: Person) -> None:
    """From a point to its line, and a comment there that the candidate may read."""
    page = reviewer.page
    page.locator('a.at[href*="/code?file="][href*="#L"]').first.click()
    line = page.locator("tr:target .n a")
    expect(line).to_be_visible()
    reviewer.look("14-line")
    line.focus()
    page.keyboard.press("Enter")
    page.locator("#comment-text:focus").wait_for()
    page.keyboard.type("A closing balance is kept here: who forgets it?")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    said = page.locator(".said", has_text="who forgets it?")
    expect(said.get_by_text("the candidate may read it")).to_be_visible()
    reviewer.look("15-commented")


def decide(reviewer: Person) -> None:
    page = reviewer.page
    page.get_by_role("link", name="Report", exact=True).click()
    page.get_by_label("Advance").check()
    page.get_by_label("Hand-over note").fill("Ask how the bug was found.")
    page.get_by_role("button", name="Decide").click()
    expect(page.get_by_text("Your decision is in force.")).to_be_visible()
    reviewer.look("16-decided")
    page.get_by_role("link", name="Queue").first.click()
    expect(page.locator("tbody .pill", has_text="advance")).to_be_visible()
    reviewer.look("17-queue-decided")


def test_from_the_invitation_to_the_decision(
    service: Service,
    people: People,
    person: Callable[[], Person],
    at_work: Callable[[], AbstractContextManager[None]],
) -> None:
    with service.sessions.begin() as session:
        files = files_of(shelf() / TAKEHOME)
        publish(session, service.blobs, files, TESTER, service.now(), queue=service.queue, waive="a test")
    people.add(Role.ADMIN, "anna@example.com")
    people.add(Role.REVIEWER, "rosa@example.com")
    anna, ada, rosa = person(), person(), person()

    sign_in(anna, "anna@example.com")
    link = invite(anna)
    upload(ada, link)
    sign_in(rosa, "rosa@example.com")
    watch(rosa)
    with at_work():
        expect(ada.page.locator("#state")).to_have_text("Being graded", timeout=GRADING_MS)
        ada.look("09-being-graded")
        expect(ada.page.get_by_role("heading", name="Feedback")).to_be_visible(timeout=GRADING_MS)
        expect(rosa.page.get_by_role("heading", name="Overview")).to_be_visible(timeout=GRADING_MS)
    ada.look("09-feedback")
    answer(rosa)
    override(rosa)
    comment(rosa)
    decide(rosa)

    ada.page.reload()
    expect(ada.page.get_by_text("A closing balance is kept here: who forgets it?")).to_be_visible()
    ada.look("18-feedback-with-comment")
    with service.sessions() as session:
        submission = session.query(Submission).one()
        assert (submission.state, submission.decision, submission.pending) == ("graded", "advance", 0)
