"""docs/ats.md does what it shows."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from api.accounts.keys import Scope
from api.hooks.payloads import KINDS
from api.http.v1 import ats
from api.service import Service
from api.settings import Smtp
from api.takehomes.tables import Takehome
from tests.api.ci.conftest import make_token

TEXT = Path(__file__).resolve().parents[3].joinpath("docs", "ats.md").read_text("utf-8")
EXAMPLE = re.compile(r"^```sh\n(.*?)^```\n(?:\n```json\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)


@pytest.fixture
def service(service: Service) -> Service:
    """An installation that sends e-mail."""
    smtp = Smtp(host="127.0.0.1", sender="grader@example.com")
    return replace(service, settings=service.settings.model_copy(update={"smtp": smtp}))


def test_every_example_of_the_page_works(service: Service, live: str, flatten: Takehome) -> None:
    environment = {**os.environ, "GRADER": live, "TOKEN": make_token(service, Scope.ADMIN)}
    examples = EXAMPLE.findall(TEXT)
    assert len(examples) == 5
    for command, shown in examples:
        ran = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            check=False,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert ran.returncode == 0, f"{command}\n{ran.stdout}\n{ran.stderr}"
        answer = json.loads(ran.stdout)
        if shown:
            assert set(answer) == set(json.loads(shown)), command
        if isinstance(answer, dict):
            environment["KEY"] = answer.get("key", environment.get("KEY", ""))
            environment["ID"] = answer.get("partner_interview_id", environment.get("ID", ""))


def test_the_table_has_every_call_of_the_contract() -> None:
    paths = {route.path for route in ats.router.routes if "greenhouse" in route.path}  # type: ignore[attr-defined]
    assert set(re.findall(r"`(?:GET|POST) /api/v1(/ats/greenhouse/\w+)`", TEXT)) == paths


def test_the_events_of_the_mapping_exist() -> None:
    named = set(re.findall(r"^\| `([a-z.]+)` \|", TEXT, re.MULTILINE)) - {"list_tests"}
    assert {name for name in named if "." in name} <= set(KINDS)
    assert len(named) >= 7
