"""The page in a browser: readable for everybody, on a phone and in the dark, and silent whatever it shows."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from grader.formats.html import page
from grader.report import candidate_view
from tests.grader.formats.samples import samples

pytestmark = pytest.mark.browser
SAMPLES = samples()
RULES = {
    "light": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "dark": ["color-contrast"],  # all else is the same in the dark
}


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    for name, make in SAMPLES.items():
        report, files = make()
        (folder / f"{name}.html").write_bytes(page.render(report, files))
        (folder / f"{name}-candidate.html").write_bytes(page.render(candidate_view(report), files))
    return folder


@pytest.mark.parametrize("scheme", RULES)
@pytest.mark.parametrize("name", [name for name in SAMPLES if name != "huge"])
def test_axe_finds_nothing(browser: Browser, pages: Path, name: str, scheme: str) -> None:
    """Contrast, names, landmarks, headings, keyboard: with every fold opened, for both audiences."""
    # The page's own policy forbids the checker's script, as it should.
    context = browser.new_context(bypass_csp=True, color_scheme=scheme)  # type: ignore[arg-type]
    for audience in (name, f"{name}-candidate")[: 2 if scheme == "light" else 1]:
        tab = context.new_page()
        tab.goto((pages / f"{audience}.html").as_uri())
        tab.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        found = Axe().run(tab, options={"runOnly": RULES[scheme]}).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found] == []
    context.close()


def watched(browser: Browser, width: int) -> tuple[Page, list[str]]:
    """Open an empty tab and keep what it says, asks for and pops up."""
    context = browser.new_context(viewport={"width": width, "height": 800})
    tab = context.new_page()
    heard: list[str] = []
    tab.on("console", lambda message: heard.append(message.text))
    tab.on("pageerror", lambda error: heard.append(str(error)))
    tab.on("dialog", lambda dialog: heard.append(dialog.message))
    tab.on("request", lambda request: heard.append(request.url))
    return tab, heard


@pytest.mark.parametrize("name", [*SAMPLES, "hostile-candidate"])
def test_nothing_runs_nothing_loads_nothing_overflows(browser: Browser, pages: Path, name: str) -> None:
    """The only request is the page; the policy has nothing to complain of; a phone needs no sideways scrolling."""
    tab, heard = watched(browser, 390)
    address = (pages / f"{name}.html").as_uri()
    tab.goto(address)
    tab.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert heard == [address]
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    assert tab.evaluate("getComputedStyle(document.body).marginTop") == "0px"  # the style sheet is in force
    tab.context.close()


def test_a_link_opens_the_fold_that_hides_its_target(browser: Browser, pages: Path) -> None:
    """From a lost point to the message of the test behind it, with a click and no script."""
    tab, _ = watched(browser, 1280)
    tab.goto((pages / "middling.html").as_uri())
    message = tab.get_by_text("expected {'a.a.a…': 1}")
    assert not message.is_visible()
    tab.locator("#c0i1 .links a").first.click()
    message.wait_for(state="visible")
    tab.locator("#c0i1 .links a.at").click()
    tab.locator("tr:target", has_text="flat(prefix + k + sep, v)").wait_for(state="visible")
    tab.context.close()


def test_the_keyboard_gets_past_the_menu(browser: Browser, pages: Path) -> None:
    """The first stop is the link that skips to the report."""
    tab, _ = watched(browser, 1280)
    tab.goto((pages / "good.html").as_uri())
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.textContent") == "Skip to the report"
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "main"
    tab.context.close()
