"""The pages of forges in a real browser: accessible, usable with the keyboard, on a phone and in the dark."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from api.accounts.tables import Role
from api.forges.interface import Ignored, Ping, Place, Trigger, Wanted
from api.forges.linking import link
from api.forges.managing import Wish, add_connection
from api.forges.receiving import Facts, take_delivery
from api.forges.tables import ForgeConnection
from api.hooks.outside import Outside
from api.hooks.secrets import Safe
from api.invitations.inviting import Terms, invite
from api.invitations.tables import Invitation
from api.service import Service, secret_key
from api.takehomes.tables import Takehome
from tests.api.conftest import PASSWORD, TESTER, People

pytestmark = pytest.mark.browser
PICTURES = os.environ.get("PICTURES", "")
"""A folder for pictures of the pages, for whoever wants to look at them."""
LONG = "groups/" + "very-long-group-name/" * 6 + "ada"


@pytest.fixture
def seen(service: Service, flatten: Takehome) -> tuple[ForgeConnection, Invitation]:
    """A connection that has received something, and an invitation with a repository."""
    now = service.now()
    outside, safe = Outside(service.settings.outside), Safe(secret_key(service.settings))
    with service.sessions.begin() as session:
        wish = Wish("gitlab", "Take-homes, production", token="glpat-secret")
        made, _ = add_connection(session, outside, safe, wish, TESTER, now)
        takehome = session.get_one(Takehome, flatten.id)
        invitation, _ = invite(session, takehome, "Ada", "ada@example.com", Terms(), TESTER, now)
        link(session, invitation, made.id, LONG, "", TESTER, now)
        place = Place(LONG, "1", "main")
        readings = (
            Ping(),
            Wanted(place, "a" * 40, "main", Trigger.PUSH),
            Ignored("Nothing is done with this kind of event.", place),
            Wanted(Place("groups/somebody", "2", "main"), "b" * 40, "main", Trigger.PUSH),
        )
        for number, reading in enumerate(readings):
            facts = Facts(str(number), str(number) * 64, "Push Hook")
            take_delivery(session, service.queue, made, facts, reading, now)
    return made, invitation


def signed_in(browser: Browser, live: str, people: People, **options: object) -> Page:
    people.add(Role.ADMIN)
    page = browser.new_context(**options).new_page()  # type: ignore[arg-type]
    page.goto(f"{live}/sign-in")
    page.get_by_label("E-mail").fill("admin@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    return page


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_every_page_is_accessible_and_fits(
    browser: Browser,
    live: str,
    people: People,
    seen: tuple[ForgeConnection, Invitation],
    scheme: str,
    width: int,
) -> None:
    page = signed_in(browser, live, people, color_scheme=scheme, viewport={"width": width, "height": 800})
    connection, invitation = seen
    paths = {
        "list": "/forges",
        "form": "/forges/new",
        "connection": f"/forges/{connection.id}",
        "invitation": f"/invitations/{invitation.id}",
    }
    for name, path in paths.items():
        page.goto(live + path)
        if name == "connection":
            page.get_by_text("Replace the secret", exact=True).click()
        if PICTURES:
            page.screenshot(path=Path(PICTURES) / f"forges-{name}-{scheme}.png", full_page=True)
        found = Axe().run(page).response["violations"]
        serious = [one["id"] for one in found if one["impact"] in {"serious", "critical"}]
        assert serious == [], f"{path}: {found}"
        fits = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert fits, f"{path} is wider than the screen"
    page.context.close()


def test_a_forge_is_connected_with_the_keyboard(browser: Browser, live: str, people: People) -> None:
    page = signed_in(browser, live, people)
    page.goto(f"{live}/forges")
    page.get_by_role("link", name="Connect a forge").focus()
    page.keyboard.press("Enter")
    page.get_by_role("combobox").select_option("gitea")
    page.get_by_label("Description").fill("Codeberg")
    page.keyboard.press("Enter")
    page.get_by_label("Payload URL").wait_for()

    assert page.get_by_label("Secret").input_value().startswith("whsec_")
    assert "/hooks/in/" in page.get_by_label("Payload URL").input_value()
    page.context.close()
