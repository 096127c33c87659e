"""The pages of webhooks in a real browser: accessible, usable with the keyboard, on a phone and in the dark."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from api.accounts.tables import Role
from api.hooks.managing import Wish, add_endpoint, send_test
from api.hooks.outside import Outside
from api.hooks.recording import Outcome, disable, record_attempt
from api.hooks.secrets import Safe
from api.hooks.tables import Delivery, HookEndpoint
from api.service import Service, secret_key
from tests.api.conftest import PASSWORD, TESTER, Clock, People

pytestmark = pytest.mark.browser
PICTURES = os.environ.get("PICTURES", "")
"""A folder for pictures of the pages, for whoever wants to look at them."""
LONG = "https://hooks.example.com/services/" + "T0123456789/" * 8 + "?source=grader"


@dataclass(frozen=True)
class Seen:
    """Endpoints and a delivery to look at."""

    endpoint: HookEndpoint
    delivery: Delivery


@pytest.fixture
def seen(service: Service, clock: Clock) -> Seen:
    """One endpoint that works by now, one that fails, one that was disabled."""
    outside, safe = Outside(service.settings.outside), Safe(secret_key(service.settings))
    with service.sessions.begin() as session:
        made = [
            add_endpoint(session, outside, safe, wish, TESTER, clock.now)[0]
            for wish in (
                Wish("https://ats.example.com/hooks", "ATS, production", ("report.ready", "review.decided")),
                Wish(LONG),
                Wish("https://old.example.com/in", "The old dashboard"),
            )
        ]
        first = send_test(session, made[0], "http://x", TESTER, clock.now)
        broken = send_test(session, made[1], "http://x", TESTER, clock.now)
    outcomes = [
        (first, Outcome(clock.now, 15_000, problem="There was no whole answer within 15 s.")),
        (
            first,
            Outcome(
                clock.now,
                87,
                500,
                b"<h1>500</h1>\x1b[31m" + b"x" * 900,
                True,
                "198.51.100.7",
                "It answered 500.",
            ),
        ),
        (first, Outcome(clock.now + timedelta(minutes=1), 41, 200, b'{"ok": true}', address="198.51.100.7")),
        (
            broken,
            Outcome(clock.now, 3, problem="The connection to hooks.example.com failed: Connection refused."),
        ),
    ]
    with service.sessions.begin() as session:
        for delivery, outcome in outcomes:
            record_attempt(session, delivery.id, outcome, outcome.at, 0.5)
        send_test(session, session.get_one(HookEndpoint, made[0].id), "http://x", TESTER, clock.now)
        gone = session.get_one(HookEndpoint, made[2].id)
        disable(
            session, gone, "It answered 410 Gone: it does not want to be told any more.", TESTER, clock.now
        )
    return Seen(made[0], first)


def signed_in(browser: Browser, live: str, people: People, **options: object) -> Page:
    people.add(Role.ADMIN)
    page = browser.new_context(**options).new_page()  # type: ignore[arg-type]
    page.goto(f"{live}/sign-in")
    page.get_by_label("E-mail").fill("admin@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    return page


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_every_page_is_accessible_and_fits(
    browser: Browser, live: str, people: People, seen: Seen, scheme: str, width: int
) -> None:
    page = signed_in(browser, live, people, color_scheme=scheme, viewport={"width": width, "height": 800})
    here = f"/webhooks/{seen.endpoint.id}"
    paths = {
        "list": "/webhooks",
        "form": "/webhooks/new",
        "endpoint": here,
        "delivery": f"{here}/deliveries/{seen.delivery.id}",
    }
    for name, path in paths.items():
        page.goto(live + path)
        if name == "endpoint":
            page.get_by_text("Send again", exact=True).first.click()
        picture(page, f"{name}-{scheme}")
        found = Axe().run(page).response["violations"]
        serious = [one["id"] for one in found if one["impact"] in {"serious", "critical"}]
        assert serious == [], f"{path}: {found}"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
            f"{path} is wider than the screen"
        )
    page.context.close()


def test_an_endpoint_is_added_and_tested_with_the_keyboard(
    browser: Browser, live: str, people: People
) -> None:
    page = signed_in(browser, live, people)
    page.goto(f"{live}/webhooks")
    page.get_by_role("link", name="Add an endpoint").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Address").fill("https://169.254.169.254/")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Not saved")
    expect(page.get_by_label("Address")).to_have_attribute("aria-invalid", "true")
    picture(page, "form-refused")
    page.get_by_label("Address").fill("https://hooks.example.com/in")
    page.keyboard.press("Enter")
    assert page.get_by_label("Secret").input_value().startswith("whsec_")
    picture(page, "secret")
    page.get_by_role("link", name="I have copied it").focus()
    page.keyboard.press("Enter")
    page.get_by_text("Disable", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Disable it")).to_be_visible()
    page.get_by_role("button", name="Send a test").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("webhook.test")
    page.context.close()
