"""docs/webhooks.md says what is: its examples are run, its tables are compared."""

from __future__ import annotations

import json
import re
import shlex
from datetime import timedelta
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from api.accounts.keys import Scope, make_key
from api.accounts.tables import Role
from api.hooks.payloads import KINDS, InvitationData, SubmissionData
from api.hooks.schedule import BACK_OFF
from api.http.v1 import hooks as v1
from api.service import Service
from api.settings import Outside, Retention
from tests.api.conftest import TESTER, People
from tests.api.hooks.conftest import Hooks
from tests.api.hooks.receiving import Receiver

TEXT = Path(__file__).parents[3].joinpath("docs", "webhooks.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    """The code blocks in a language, without their indent."""
    found = re.findall(r"^( *)```(\w*)\n(.*?)^ *```$", TEXT, re.MULTILINE | re.DOTALL)
    return [
        "\n".join(line.removeprefix(indent) for line in code.splitlines())
        for indent, named, code in found
        if named == language
    ]


def test_every_kind_is_listed_with_its_sentence_and_fields() -> None:
    rows = dict(re.findall(r"^\| `([a-z.]+)` \| (.*) \|$", TEXT, re.MULTILINE))

    groups = {"submission": SubmissionData, "invitation": InvitationData}
    for kind in KINDS.values():
        says, _, fields = rows.pop(kind.name).partition(" | ")
        assert says == kind.says
        named = set(re.findall(r"`(\w+)`", fields))
        for group in re.findall(r"(?<!`)\b(submission|invitation)\b(?!`)", fields):
            named |= set(groups[group].model_fields)
        assert named == set(kind.shape.model_fields), kind.name
    assert rows == {}
    for name, shape in groups.items():
        listed = re.search(rf"\*{name}\* (?:stands )?for (.*?)[;.]", TEXT, re.DOTALL)
        assert listed
        assert set(re.findall(r"`(\w+)`", listed[1])) == set(shape.model_fields)


def test_the_example_of_a_body_has_its_shape() -> None:
    example = json.loads(blocks("json")[1])

    KINDS[example["type"]].shape.model_validate_json(json.dumps(example["data"]))


def test_the_schedule_is_the_one_in_force() -> None:
    words = re.findall(
        r"(\d+) (s|min|h) \|", next(line for line in TEXT.splitlines() if line.startswith("| wait"))
    )

    units = {"s": "seconds", "min": "minutes", "h": "hours"}
    assert tuple(timedelta(**{units[unit]: int(count)}) for count, unit in words) == BACK_OFF
    assert sum(BACK_OFF, timedelta()) > timedelta(days=3)


def test_the_settings_exist() -> None:
    for group, model in (("OUTSIDE", Outside), ("RETENTION", Retention)):
        named = re.findall(rf"`GRADER_{group}__(\w+)`", TEXT)
        assert named
        assert {name.lower() for name in named} <= set(model.model_fields)


def test_the_verifying_example_verifies(hooks: Hooks, receiver: Receiver) -> None:
    _, secret = hooks.endpoint(receiver.url)
    hooks.happen()
    hooks.send()
    [code] = blocks("python")
    scope: dict[str, Any] = {}
    exec(code, scope)  # noqa: S102 -- the example of the docs

    [got] = receiver.got
    assert scope["received"](got.body, got.headers, secret)["type"] == "candidate.erased"


def test_the_commands_work(service: Service, client: TestClient, people: People) -> None:
    with service.sessions.begin() as session:
        user = session.merge(people.add(Role.ADMIN))
        _, token = make_key(session, user, "docs", [Scope.ADMIN], service.now(), TESTER)
    endpoint = ""
    commands = [block for block in blocks("") if block.startswith("curl")]
    assert len(commands) == 3
    for command in commands:
        filled = command.replace("$GRADER", "").replace("$TOKEN", token).replace("$ENDPOINT", endpoint)
        words = shlex.split(filled.replace("\\\n", " "))
        headers = dict(words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "-H")
        answer = client.post(words[2], content=words[words.index("-d") + 1], headers=headers)
        assert answer.status_code in {200, 201, 202}, answer.text
        endpoint = answer.json().get("id", endpoint)


def test_every_route_of_the_api_is_in_the_table() -> None:
    table = TEXT[TEXT.index("## The API") :]
    for route in v1.router.routes:
        path = route.path.replace("{endpoint_id}", "{id}").replace("{delivery_id}", "{delivery}")  # type: ignore[attr-defined]
        short = path.replace("/webhooks/{id}/", "…/{id}/")
        assert f"/api/v1{path}" in table or f"{short}`" in table, path
