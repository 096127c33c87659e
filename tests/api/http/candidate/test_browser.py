"""A candidate's journey in a real browser: with the keyboard, on a phone, in the dark, over a line that breaks."""

from __future__ import annotations

import io
import os
import re
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, Page, Route, expect

from api.invitations.tables import Invitation
from api.service import Service
from api.submissions.states import State
from api.takehomes.tables import Feedback
from tests.api.conftest import Clock
from tests.api.http.candidate.conftest import GOOD, NO_FLATTEN, Candidate, zipped
from tests.api.http.candidate.test_receipt import step

pytestmark = pytest.mark.browser
RULES = {
    "light": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "dark": ["color-contrast"],  # all else is the same in the dark
}
PICTURES = os.environ.get("PICTURES", "")
"""A folder for pictures of the pages, for whoever wants to look at them."""


@dataclass(frozen=True)
class Tab:
    """A browser tab that keeps what went wrong in it."""

    page: Page
    live: str
    complaints: list[str]

    def open(self, path: str) -> Page:
        """Go to a page of the service."""
        self.page.goto(self.live + path)
        return self.page


@pytest.fixture
def tab(browser: Browser, live: str) -> Iterator[Tab]:
    """A tab on the real server. Nothing may be refused by the policy or raise in a script."""
    context = browser.new_context()
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: (
            complaints.append(message.text) if "Content Security Policy" in message.text else None
        ),
    )
    yield Tab(page, live, complaints)
    context.close()
    assert complaints == []


def large() -> bytes:
    """An archive of some megabytes that does not compress: several chunks."""
    return zipped({"flatten.py": "x = 1\n", "data.bin": os.urandom(3 * 2**20)})


def file(data: bytes, name: str = "work.zip") -> dict[str, Any]:
    return {"name": name, "mimeType": "application/zip", "buffer": data}


def test_from_the_link_to_the_feedback(
    tab: Tab, service: Service, client: TestClient, invited: Callable[..., tuple[Invitation, str]]
) -> None:
    invitation, token = invited(feedback=Feedback.CRITERIA)
    ada = Candidate(service, client, f"/i/{token}", invitation)
    page = tab.open(ada.link)

    page.get_by_role("button", name="Start my time").click()
    expect(page.get_by_role("heading", name="The brief")).to_be_visible()
    expect(page.locator("#left")).to_have_text("2 days")
    page.get_by_label("A zip or tar archive").set_input_files(file(GOOD))
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.get_by_role("heading", name="Attempt 1 was received")).to_be_visible()
    expect(page.locator("#progress")).to_have_text("It is next in line.")
    page.wait_for_timeout(500)  # until it listens
    step(ada, State.GRADING, "grading")
    expect(page.locator("#state")).to_have_text("Being graded")
    ada.grade()
    expect(page.get_by_role("heading", name="Feedback")).to_be_visible()
    expect(page.get_by_role("heading", name="Unflattening")).to_be_visible()


def test_with_the_keyboard_alone(tab: Tab, ada: Candidate) -> None:
    page = tab.open(ada.link)
    # Listened to from the start: Chromium is told in the background that the choice is ours, and a key
    # pressed before it has heard so opens a dialogue that nobody sees.
    page.on("filechooser", lambda chooser: chooser.set_files([file(NO_FLATTEN)]))

    def reach(name: str) -> None:
        for _ in range(40):
            page.keyboard.press("Tab")
            if name in str(page.evaluate("document.activeElement.innerText || document.activeElement.id")):
                return
        raise AssertionError(f"{name} is not reached with the tab key")

    reach("Skip to the content")
    page.keyboard.press("Enter")
    reach("Download the starter")
    reach("Go to the upload")
    reach("file")
    page.keyboard.press("Enter")
    expect(page.get_by_label("A zip or tar archive")).to_have_value(re.compile("work.zip$"))
    reach("Upload")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Something is missing")).to_be_visible()
    reach("Submit anyway")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Attempt 1 was received")).to_be_visible()


def test_without_scripts(browser: Browser, live: str, ada: Candidate) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(live + ada.link)
    expect(page.get_by_role("button", name="choose a folder")).to_be_hidden()
    page.get_by_label("A zip or tar archive").set_input_files(file(b"hello", "notes.txt"))
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("This cost no attempt")
    page.get_by_label("A zip or tar archive").set_input_files(file(GOOD))
    page.get_by_role("button", name="Upload", exact=True).click()

    expect(page.get_by_role("heading", name="Attempt 1 was received")).to_be_visible()
    expect(page.get_by_role("link", name="Reload to see how far it is")).to_be_visible()
    context.close()


def offsets(page: Page) -> list[int]:
    """Where each chunk that is sent begins."""
    seen: list[int] = []
    page.on(
        "request",
        lambda request: (
            seen.append(int(request.headers["upload-offset"])) if request.method == "PATCH" else None
        ),
    )
    return seen


def test_a_line_that_breaks_goes_on_by_itself(tab: Tab, ada: Candidate) -> None:
    page = tab.open(ada.link)
    broken: list[int] = []

    def sometimes(route: Route) -> None:
        if route.request.method == "PATCH" and len(broken) < 2:
            broken.append(1)
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/uploads/*", sometimes)
    data = large()
    page.get_by_label("A zip or tar archive").set_input_files(file(data))
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.locator("#upload-words")).to_contain_text("Trying again", timeout=10_000)
    expect(page.get_by_role("heading", name="Attempt 1 was received")).to_be_visible(timeout=20_000)

    assert ada.service.blobs.get(ada.submission().blob) == data


def test_after_a_reload_an_upload_goes_on_where_it_stood(tab: Tab, ada: Candidate, tmp_path: Path) -> None:
    data = large()
    archive = tmp_path / "work.zip"
    archive.write_bytes(data)
    page = tab.open(ada.link)
    page.route(
        "**/uploads/*",
        lambda route: (
            route.abort()
            if int(route.request.headers.get("upload-offset", "0")) >= 2**21
            else route.continue_()
        ),
    )
    page.get_by_label("A zip or tar archive").set_input_files(archive)
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.locator("#upload-words")).to_contain_text("Trying again", timeout=10_000)

    page.unroute("**/uploads/*")
    page.reload()
    sent = offsets(page)
    page.get_by_label("A zip or tar archive").set_input_files(archive)
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.get_by_role("heading", name="Attempt 1 was received")).to_be_visible(timeout=20_000)

    assert sent[0] == 2**21
    assert ada.service.blobs.get(ada.submission().blob) == data


def test_on_a_slow_line_the_page_tells_how_far_it_is(tab: Tab, ada: Candidate) -> None:
    page = tab.open(ada.link)
    line = page.context.new_cdp_session(page)
    line.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 200, "downloadThroughput": 100_000, "uploadThroughput": 700_000},
    )
    told: set[str] = set()
    page.expose_function("tell", lambda words: told.add(words))  # noqa: PLW0108 -- a builtin method cannot be
    page.evaluate(
        """new MutationObserver(() => tell(document.getElementById("upload-words").textContent))
        .observe(document.getElementById("upload-words"), {childList: true, characterData: true, subtree: true})"""
    )
    page.get_by_label("A zip or tar archive").set_input_files(file(large()))
    page.get_by_role("button", name="Upload", exact=True).click()

    expect(page.get_by_role("heading", name="Attempt 1 was received")).to_be_visible(timeout=60_000)
    assert len([words for words in told if "%" in words]) >= 4


def test_a_folder_is_packed_with_its_history_but_without_what_tools_leave(
    tab: Tab, ada: Candidate, tmp_path: Path
) -> None:
    long = "a" * 90
    for name in (
        "flatten.py",
        "tests/test_flatten.py",
        ".git/HEAD",
        "venv/lib/x.py",
        "__pycache__/y.pyc",
        f"{long}/{long}ü.md",
    ):
        path = tmp_path / "my work" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# {name}\n")
    page = tab.open(ada.link)

    page.locator("#folder").set_input_files(tmp_path / "my work")
    expect(page.get_by_role("heading", name="Attempt 1 was received")).to_be_visible(timeout=20_000)

    submission = ada.submission()
    assert submission.file_name == "my work.tar"
    with tarfile.open(fileobj=io.BytesIO(ada.service.blobs.get(submission.blob))) as archive:
        names = archive.getnames()
        assert f"my work/{long}/{long}ü.md" in names
        content = archive.extractfile("my work/flatten.py")
        assert content is not None
        assert content.read() == b"# flatten.py\n"
    assert {"my work/flatten.py", "my work/tests/test_flatten.py", "my work/.git/HEAD"} <= set(names)
    assert [name for name in names if "venv" in name or "__pycache__" in name] == []


def test_files_are_dropped(tab: Tab, ada: Candidate) -> None:
    page = tab.open(ada.link)
    dropped = page.evaluate_handle(
        """() => {
            const held = new DataTransfer();
            held.items.add(new File(["x = 1\\n"], "flatten.py"));
            held.items.add(new File(["# notes\\n"], "README.md"));
            return held;
        }"""
    )

    page.dispatch_event("#drop", "drop", {"dataTransfer": dropped})

    expect(page.get_by_role("heading", name="Attempt 1 was received")).to_be_visible(timeout=20_000)
    with tarfile.open(fileobj=io.BytesIO(ada.service.blobs.get(ada.submission().blob))) as archive:
        assert archive.getnames() == ["README.md", "flatten.py"]


def test_stopping_says_how_to_go_on(tab: Tab, ada: Candidate) -> None:
    page = tab.open(ada.link)
    page.route("**/uploads/*", lambda route: route.abort())
    page.get_by_label("A zip or tar archive").set_input_files(file(GOOD))
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.locator("#upload-words")).to_contain_text("Trying again")

    page.get_by_role("button", name="Stop").click()

    expect(page.locator("#script-problem")).to_contain_text("Stopped. Choose the same file again")
    expect(page.get_by_role("button", name="Upload", exact=True)).to_be_visible()


def pages(ada: Candidate, early: str, ready: str, clock: Clock) -> Iterator[tuple[str, str]]:
    """Every page that a candidate can meet, in turn: name and path."""
    yield "early", early
    yield "start", ready
    yield "open", ada.link
    check = ada.send(NO_FLATTEN).headers["location"]
    yield "check", check
    receipt = ada.send(name="a-rather-long-name-of-an-archive-" * 4 + ".zip").headers["location"]
    yield "queued", receipt
    ada.grade()
    yield "feedback", receipt
    yield "report", f"{receipt}/feedback"
    yield "attempts", ada.link
    yield "delete", f"{ada.link}/delete"
    clock.advance(days=3)
    yield "over", ada.link
    yield "unknown", "/i/inv_unknown"
    ada.post("/delete", data={"sure": "yes"})
    yield "erased", ada.link


@pytest.mark.timeout(600)
def test_every_page_is_accessible_and_fits_a_phone(
    browser: Browser,
    live: str,
    start: Callable[..., Candidate],
    clock: Clock,
    invited: Callable[..., tuple[Invitation, str]],
) -> None:
    """Axe finds nothing, in light and dark; nothing scrolls sideways at 360 pixels."""
    ada = start(feedback=Feedback.FULL, time_zone="Europe/Berlin")
    early = f"/i/{invited(opens_at=clock.now + timedelta(days=9), email='e@example.com')[1]}"
    ready = f"/i/{invited(email='r@example.com', extra_minutes=720)[1]}"
    contexts = {
        (scheme, width): browser.new_context(
            bypass_csp=True,
            color_scheme=scheme,
            viewport={"width": width, "height": 800},  # type: ignore[arg-type]
        )
        for scheme, width in (("light", 1200), ("dark", 1200), ("dark", 360))
    }
    found = []
    for name, path in pages(ada, early, ready, clock):
        for (scheme, width), context in contexts.items():
            page = context.new_page()
            page.goto(live + path)
            if PICTURES:
                page.screenshot(path=f"{PICTURES}/{name}-{scheme}-{width}.png", full_page=True)
            if width == 360:
                over = page.evaluate(
                    "document.documentElement.scrollWidth - document.documentElement.clientWidth"
                )
                found += [(name, scheme, "scrolls sideways", over)] if over > 0 else []
            else:
                result = Axe().run(page, options={"runOnly": RULES[scheme]})
                found += [
                    (name, scheme, one["id"], one["nodes"][0]["html"][:200])
                    for one in result.response["violations"]
                ]
            page.close()
    for context in contexts.values():
        context.close()
    assert found == []
