"""docs/github.md, gitlab.md and gitea.md say what is: their commands are run, their tables are compared."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from api.accounts.keys import Scope, make_key
from api.accounts.people import add_user
from api.accounts.tables import Role
from api.forges import gitea, github
from api.forges.github import MOST_ANNOTATIONS
from api.forges.interface import COMMAND, CONTEXT
from api.forges.receiving import RERUNS
from api.forges.submitting import WAITS
from tests.api.conftest import TESTER
from tests.api.forges.conftest import House, World

DOCS = Path(__file__).parents[3] / "docs"
PAGES = {name: DOCS.joinpath(f"{name}.md").read_text("utf-8") for name in ("github", "gitlab", "gitea")}


@pytest.fixture(scope="module")
def token(house: House) -> str:
    """A token that may do everything."""
    service = house.service
    with service.sessions.begin() as session:
        user, _ = add_user(session, "docs@example.com", "Docs", Role.ADMIN, service.now())
        session.flush()
        return make_key(session, user, "docs", [Scope.ADMIN], service.now(), TESTER)[1]


def as_the_shell_reads(command: str, variables: dict[str, str]) -> list[str]:
    """The arguments that `curl` would be given."""
    script = "curl() { printf '%s\\0' \"$@\"; }\n" + command
    done = subprocess.run(["bash", "-euc", script], env=variables, capture_output=True, text=True, check=True)
    return done.stdout.rstrip("\0").split("\0")


@pytest.mark.parametrize("name", PAGES)
def test_the_commands_work(github: World, token: str, name: str) -> None:
    invitation = github.link()
    made = {"INVITATION": str(invitation.id), "TOKEN": token, "GRADER": ""}
    commands = re.findall(r"^```\n(curl.*?)^```$", PAGES[name], re.MULTILINE | re.DOTALL)
    assert len(commands) == 2
    for command in commands:
        words = as_the_shell_reads(command, made)
        headers = dict(words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "-H")
        method = words[words.index("-X") + 1] if "-X" in words else "POST"
        address = next(word for word in words if word.startswith("/api/"))
        body = words[words.index("-d") + 1].encode()
        answer = github.client.request(method, address, content=body, headers=headers)
        assert answer.status_code in {200, 201}, answer.text
        if "id" in answer.json():
            made["CONNECTION"] = answer.json()["id"]
    removed = f"/api/v1/forge-connections/{made['CONNECTION']}"
    auth = {"Authorization": f"Bearer {token}"}
    assert github.client.delete(removed, headers=auth).status_code == 204


@pytest.mark.parametrize(("name", "readers"), [("github", github.READERS), ("gitea", gitea.READERS)])
def test_the_table_has_every_event_that_is_read(name: str, readers: dict[str, object]) -> None:
    table = PAGES[name][PAGES[name].index("## What happens") :].split("\n\n")[1]
    named = {event for line in table.splitlines() for event in re.findall(r"`(\w+)`", line.split("|")[1])}

    assert named == set(readers)


def test_figures_and_names_are_those_in_force() -> None:
    assert RERUNS == 10
    assert MOST_ANNOTATIONS == 50
    assert round(sum(WAITS) / 3600) == 8
    for name, text in PAGES.items():
        assert "at most 10 times an hour" in text
        if name != "github":
            assert f"`{CONTEXT}`" in text
            assert f"`{COMMAND}`" in text
