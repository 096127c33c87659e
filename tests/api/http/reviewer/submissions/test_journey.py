"""A reviewer's way from the report to the decision, in a browser, with the keyboard; and what hostile text does: nothing."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from api.blobs import put_content
from api.database.base import new_id
from api.http.access import SESSION_COOKIE
from api.reviews.tables import Comment, Decision, JudgementRow
from api.submissions.evidence import loaded, stored
from api.submissions.grading import tell
from api.submissions.states import State
from api.submissions.tables import Grading, Submission
from api.takehomes.packing import pack
from tests.api.http.reviewer.submissions.conftest import Desk

pytestmark = pytest.mark.browser
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PAGES = ("", "/code", "/code?file=flatten.py&line=12", "/code?view=starter", "/code?view=reference&side=1", "/questions", "/history", "/candidate")
HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>\u202e\x1b]0;x\x07{{ 7*7 }}"


@pytest.fixture
def open_tab(browser: Browser, desk: Desk, live: str) -> Iterator[Callable[..., tuple[Page, list[str]]]]:
    """Opens tabs with the reviewer's session, and keeps what they complain of."""
    contexts = []

    def make(**options: object) -> tuple[Page, list[str]]:
        context = browser.new_context(base_url=live, **options)  # type: ignore[arg-type]
        contexts.append(context)
        context.add_cookies([{"name": SESSION_COOKIE, "value": desk.client.cookies[SESSION_COOKIE], "url": live}])
        tab = context.new_page()
        heard: list[str] = []
        tab.on("console", lambda message: heard.append(message.text))
        tab.on("pageerror", lambda error: heard.append(str(error)))
        tab.on("dialog", lambda dialog: (heard.append(dialog.message), dialog.dismiss()))
        return tab, heard

    yield make
    for context in contexts:
        context.close()


def press(tab: Page, name: str) -> None:
    """Go to a button or fold by its name, and press it with the keyboard."""
    target = tab.get_by_text(name, exact=True).first
    target.focus()
    tab.keyboard.press("Enter")


def test_from_the_report_to_the_decision_with_the_keyboard(desk: Desk, open_tab: Callable[..., tuple[Page, list[str]]]) -> None:
    tab, heard = open_tab()
    tab.goto(desk.base)

    fold = tab.locator("#c0i0 details.judge > summary")
    fold.focus()
    tab.keyboard.press("Enter")
    tab.keyboard.press("Tab")
    tab.keyboard.type("25.5")
    tab.keyboard.press("Tab")
    tab.keyboard.type("the brief is unclear here")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    tab.get_by_text("Your judgement is in force: 25.5 points.").wait_for()
    assert tab.get_by_text("58.55").first.is_visible()

    tab.locator('a.at[href*="flatten.py#L"]').first.click()
    number = tab.locator("tr:target .n a")
    number.focus()
    tab.keyboard.press("Enter")
    tab.locator("#comment-text:focus").wait_for()
    tab.keyboard.type("why here?")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Space")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    tab.locator(".said", has_text="why here?").get_by_text("the candidate may read it").wait_for()

    tab.get_by_role("link", name="Report", exact=True).focus()
    tab.keyboard.press("Enter")
    tab.locator("input[value=advance]").focus()
    tab.keyboard.press("Space")
    tab.keyboard.press("Tab")
    tab.keyboard.type("Ask about collisions.")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    tab.get_by_text("Your decision is in force.").wait_for()

    assert desk.stored().decision == "advance"
    assert heard == []


def move(desk: Desk, state: State, step: str = "") -> None:
    """Move the submission on, as a worker does."""
    with desk.service.sessions.begin() as session:
        row = session.get_one(Submission, desk.submission.id)
        row.state, row.progress = state, {"step": step}
        tell(session, row.id)


def test_a_page_of_what_is_graded_goes_on_by_itself_until_the_report_is_there(
    desk: Desk, open_tab: Callable[..., tuple[Page, list[str]]]
) -> None:
    report = desk.stored().report_id
    desk.put(report_id=None, state=State.QUEUED.value, progress={})
    tab, heard = open_tab()
    tab.goto(desk.base)
    expect(tab.locator("#state")).to_have_text("Waiting")
    expect(tab.locator("#nobody-grades")).to_be_visible()

    move(desk, State.GRADING, "hidden tests")
    expect(tab.locator("#progress")).to_have_text("Last step: hidden tests.", timeout=15_000)
    expect(tab.locator("#state")).to_have_text("Being graded")
    expect(tab.locator("#nobody-grades")).to_have_count(0)
    desk.put(report_id=report)
    move(desk, State.GRADED)

    expect(tab.get_by_role("heading", name="Overview")).to_be_visible(timeout=15_000)
    assert heard == []


def test_what_is_being_typed_survives_the_end_of_a_grading(
    desk: Desk, open_tab: Callable[..., tuple[Page, list[str]]]
) -> None:
    desk.put(state=State.GRADING.value, progress={"step": "grading"})
    tab, heard = open_tab()
    tab.goto(desk.base)
    tab.get_by_text("Comment on the submission").click()
    tab.locator("#comment-text").fill("half a thought")

    move(desk, State.GRADED)

    expect(tab.get_by_role("link", name="Reload to see it.")).to_be_visible(timeout=15_000)
    expect(tab.locator("#comment-text")).to_have_value("half a thought")
    assert heard == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_a_phone_needs_no_sideways_scrolling(
    desk: Desk, open_tab: Callable[..., tuple[Page, list[str]]], scheme: str
) -> None:
    desk.post("/comments", key=str(uuid.uuid4()), text="why?", file="flatten.py", line=12, released="true")
    desk.post("/judgements", target="flatten-works", points="3", reason="x")
    desk.post("/decisions", verdict="hold", note="wait")
    tab, _ = open_tab(bypass_csp=True, color_scheme=scheme, viewport={"width": 360, "height": 800})
    for page in PAGES:
        tab.goto(desk.base + page)
        tab.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert tab.evaluate("document.documentElement.scrollWidth") <= 360, page
        found = Axe().run(tab, options={"runOnly": RULES}).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found] == [], page


def test_hostile_text_in_every_field_does_nothing(desk: Desk, open_tab: Callable[..., tuple[Page, list[str]]]) -> None:
    plant(desk)
    tab, heard = open_tab()
    for page in ("", "/code", f"/code?file={'%3Cimg src=x onerror=alert(3)%3E.py'}", "/code?view=starter", "/history", "/candidate", "/download/html"):
        if page.startswith("/download"):
            assert "<script>alert" not in desk.get(page)
            continue
        tab.goto(desk.base + page)
        assert tab.evaluate("document.querySelectorAll('main script, main img, main [onerror]').length") == 0, page
        text = tab.content()
        assert not set(text) & set("\u202e\x1b\x07"), page
        assert "{{ 7*7 }}" in text or page.startswith("/code"), page
    assert heard == []


def plant(desk: Desk) -> None:
    """Write what is hostile into every field that somebody else fills."""
    path = "<img src=x onerror=alert(3)>.py"
    blob = put_content(desk.service.blobs, pack({path: HOSTILE.encode() + b"\n", "flatten.py": b"x = 1\n"}))
    desk.put(blob=blob, file_name=HOSTILE, label=HOSTILE)
    now = desk.service.now()
    common = {"submission_id": desk.submission.id, "by_id": desk.user.id, "at": now}
    with desk.service.sessions.begin() as session:
        session.add(JudgementRow(id=new_id(), target="flatten-works", points=3, reason=HOSTILE, waive=False, **common))
        session.add(Comment(id=new_id(), text=HOSTILE, released=True, **common))
        session.add(Comment(id=new_id(), text=HOSTILE, path=path, line=1, released=False, **common))
        session.add(Decision(id=new_id(), verdict="hold", note=HOSTILE, **common))
        grading = session.query(Grading).one()
        evidence = loaded(grading.evidence)
        assert evidence.hidden_tests is not None
        tests = tuple(test.model_copy(update={"message": HOSTILE * 200, "output": HOSTILE}) for test in evidence.hidden_tests.tests)
        hidden = evidence.hidden_tests.model_copy(update={"tests": tests})
        grading.evidence = stored(evidence.model_copy(update={"hidden_tests": hidden}))
