"""compose.yaml and the Dockerfile: what can be checked without a registry and without the compose plugin."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from api.settings import variables

REPOSITORY = Path(__file__).parents[2]
TEXT = (REPOSITORY / "compose.yaml").read_text("utf-8")
REQUIRED = {"POSTGRES_PASSWORD", "GRADER_SECRET_KEY", "GRADER_METRICS_TOKEN", "GRADER_BASE_URL", "DOCKER_GID"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return dict(YAML(typ="safe").load(TEXT))


def test_only_workers_touch_docker(compose: dict[str, Any]) -> None:
    holders = {
        name
        for name, service in compose["services"].items()
        if any("docker.sock" in volume for volume in service.get("volumes", ())) or "group_add" in service
    }

    assert holders == {"worker"}


@pytest.mark.parametrize("name", ["api", "worker"])
def test_the_service_has_no_more_rights_than_it_needs(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert "user" not in service, "the image's own, which is not root"


def test_the_database_is_reached_from_inside_alone(compose: dict[str, Any]) -> None:
    assert compose["services"]["database"]["networks"] == ["inside"]
    assert "ports" not in compose["services"]["database"]
    assert compose["networks"]["inside"]["internal"] is True


def test_secrets_have_no_default() -> None:
    required = set(re.findall(r"\$\{(\w+):\?", TEXT))
    defaults = dict(re.findall(r"\$\{(\w+):-([^}]*)\}", TEXT))

    assert required == REQUIRED
    assert not {name: value for name, value in defaults.items() if "SECRET" in name and value}


def test_every_setting_in_it_exists(compose: dict[str, Any]) -> None:
    named = {
        name
        for service in compose["services"].values()
        for name in service["environment"]
        if name.startswith("GRADER_")
    }

    assert named - set(variables()) == set()


def test_the_example_names_what_is_used_and_fills_in_no_secret() -> None:
    lines = (REPOSITORY / "deploy" / "example.env").read_text("utf-8").splitlines()
    example = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    used = set(re.findall(r"\$\{(\w+)", TEXT)) - {"GRADER_IMAGE", "POSTGRES_IMAGE"}

    assert set(example) == used
    assert {name for name in REQUIRED if example[name]} == set()


def test_the_image_is_nobodys_root_and_is_asked_whether_it_is_healthy() -> None:
    last = (REPOSITORY / "Dockerfile").read_text("utf-8").rpartition("\nFROM ")[2]

    assert "USER 10001:10001" in last
    assert "/healthz" in last
    assert "pip install" not in last
    assert set(re.findall(r"\bGRADER_\w+", last)) - set(variables()) == set()


def test_the_lock_of_the_image_is_part_of_the_lock_of_all() -> None:
    pin = re.compile(r"^([a-z0-9._-]+==[^ ;\\]+)", re.MULTILINE)
    image = set(pin.findall((REPOSITORY / "requirements.image.lock").read_text("utf-8")))
    everything = set(pin.findall((REPOSITORY / "requirements.lock").read_text("utf-8")))

    assert image - everything == set()
    assert not {one for one in image if one.startswith(("pytest", "mypy", "moto", "hypothesis"))}
