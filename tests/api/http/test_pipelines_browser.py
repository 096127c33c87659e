"""The pages of pipelines and applicant tracking systems in a real browser: accessible, on a phone and in the dark."""

from __future__ import annotations

import os
import uuid
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from api.ats.connections import make_ats, rotate_ats
from api.ats.tables import AtsTest
from api.audit.log import Actor
from api.ci.asking import Sender, ask_with_archive, ask_with_repository
from api.ci.asking import Wish as Asked
from api.ci.connections import make_connection, rotate_connection
from api.ci.credentials import Wish, set_credential
from api.ci.tables import CiRequest
from api.hooks.secrets import Safe
from api.invitations.inviting import Terms, invite
from api.service import Service, secret_key
from api.settings import Ci
from api.takehomes.tables import Takehome
from tests.api.conftest import TESTER, People
from tests.api.graded import sample_zip
from tests.api.http.test_forges_browser import signed_in

pytestmark = pytest.mark.browser
PICTURES = os.environ.get("PICTURES", "")
"""A folder for pictures of the pages, for whoever wants to look at them."""
HTTPS = "https://git.example.com/a-very-long-group-name/of-a-large-company/with-many-teams/hiring/"
SSH = "ssh://git@git.example.com:2222/"


@pytest.fixture
def service(service: Service) -> Service:
    """An installation that fetches repositories below some addresses."""
    ci = Ci(repositories=f"{HTTPS},{SSH}")
    return replace(service, settings=service.settings.model_copy(update={"ci": ci}))


@pytest.fixture
def pages(service: Service, flatten: Takehome) -> dict[str, str]:
    """Where things are that have been used, and failed."""
    now, safe = service.now(), Safe(secret_key(service.settings))
    key = asyncssh.generate_private_key("ssh-ed25519")
    known = f"[git.example.com]:2222 {key.export_public_key().decode()}"
    with service.sessions.begin() as session:
        takehome = session.get_one(Takehome, flatten.id)
        row, _ = make_connection(session, safe, "nightly build of the hiring team", takehome, TESTER, now)
        rotate_connection(session, safe, row, 24, TESTER, now)
        for wish in (
            Wish(HTTPS, "reader", "token"),
            Wish(SSH, private_key=key.export_private_key().decode(), known_hosts=known),
        ):
            set_credential(session, safe, wish, service.settings.ci.repositories, TESTER, now)
        sender = Sender(Actor("connection", str(row.id), row.name), None, takehome.id)
        for number in range(3):
            ask_with_archive(
                session,
                service,
                sender,
                Asked(label=f"build {number}"),
                "a.zip",
                sample_zip("flatten", "good"),
            )
        asked = ask_with_repository(
            session, service, sender, Asked(label="ada"), f"{HTTPS}{'ada' * 60}.git", "9" * 40, ""
        )
        session.get_one(CiRequest, asked.id).problem = "The server does not take the credential. " * 3
        system, _ = make_ats(session, safe, "Greenhouse", TESTER, now)
        rotate_ats(session, safe, system, 168, TESTER, now)
        for number, problem in enumerate(("", "It answered 503.")):
            email = f"{number}@example.com"
            invitation, _ = invite(session, takehome, "Ada", email, Terms(level="senior"), TESTER, now)
            told = None if problem else now
            test = AtsTest(
                invitation_id=invitation.id,
                connection_id=system.id,
                url=f"https://app.greenhouse.io/{number}",
                created_at=now,
                tries=number,
                told_at=told,
                problem=problem,
            )
            session.add(test)
    return {"pipeline": f"/pipelines/{row.id}", "system": f"/ats/{system.id}"}


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_every_page_is_accessible_and_fits(
    browser: Browser, live: str, people: People, pages: dict[str, str], scheme: str, width: int
) -> None:
    page = signed_in(browser, live, people, color_scheme=scheme, viewport={"width": width, "height": 800})
    paths = {
        "pipelines": "/pipelines",
        "pipeline-form": "/pipelines/new",
        "credential-form": "/pipelines/credentials/new",
        "ats": "/ats",
        "ats-form": "/ats/new",
        **pages,
    }

    def look(name: str) -> None:
        if PICTURES:
            page.screenshot(path=Path(PICTURES) / f"{name}-{scheme}.png", full_page=True)
        found = Axe().run(page).response["violations"]
        serious = [one["id"] for one in found if one["impact"] in {"serious", "critical"}]
        assert serious == [], f"{name}: {found}"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} is too wide"

    for name, path in paths.items():
        page.goto(live + path)
        if name in pages:
            page.get_by_text("Replace the ").click()
        if name == "pipelines":
            page.get_by_text("Remove", exact=True).first.click()
        look(name)
    page.goto(f"{live}/pipelines/credentials/new")
    page.get_by_label("Addresses begin with").fill(SSH)
    page.get_by_label("Private key").fill("no key")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was saved")
    look("credential-wrong")
    for path, words in (("/pipelines/new", "secret"), ("/ats/new", "key")):
        page.goto(live + path)
        page.get_by_label("Name").fill("another")
        page.get_by_role("button", name="Connect it").click()
        expect(page.get_by_text(f"The {words} is not shown again")).to_be_visible()
        look(words)
    page.context.close()


def test_empty_pages_say_what_to_do(browser: Browser, live: str, people: People) -> None:
    page = signed_in(browser, live, people, viewport={"width": 360, "height": 800})
    for path, button in (("/pipelines", "Connect a pipeline"), ("/ats", "Connect a system")):
        page.goto(live + path)
        if PICTURES:
            page.screenshot(path=Path(PICTURES) / f"empty{path.replace('/', '-')}.png", full_page=True)
        assert Axe().run(page).response["violations"] == []
        page.get_by_role("link", name=button).focus()
        page.keyboard.press("Enter")
        page.get_by_label("Name").wait_for()
    page.context.close()


def test_a_pipeline_is_connected_and_revoked_with_the_keyboard(
    browser: Browser, live: str, people: People, flatten: Takehome
) -> None:
    page = signed_in(browser, live, people)
    page.goto(f"{live}/pipelines/new")
    page.get_by_label("Name").fill("nightly")
    page.get_by_label("It sends to").select_option(flatten.name)
    page.get_by_role("button", name="Connect it").press("Enter")
    assert page.get_by_label("Secret").input_value().startswith("whsec_")
    address = page.get_by_label("Address").input_value()
    uuid.UUID(address.rpartition("=")[2])
    page.get_by_role("link", name="I have copied them").press("Enter")
    page.get_by_text("Revoke", exact=True).press("Enter")
    page.get_by_role("button", name="Revoke it for good").press("Enter")
    page.get_by_text("No pipeline that signs").wait_for()
    page.context.close()
