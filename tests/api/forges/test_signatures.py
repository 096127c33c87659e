"""Signatures that differ from forge to forge: GitLab's two kinds, Forgejo's names."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.api.forges.conftest import House, World, world_of
from tests.api.forges.payloads import forgejo_headers, gitlab_signed_headers


@pytest.fixture
def gitlab(house: House, tmp_path: Path) -> Iterator[World]:
    with world_of(house, tmp_path, "gitlab") as made:
        yield made


@pytest.fixture
def gitea(house: House, tmp_path: Path) -> Iterator[World]:
    with world_of(house, tmp_path, "gitea") as made:
        yield made


def test_gitlab_may_sign_instead_of_sending_its_token(gitlab: World) -> None:
    delivery = gitlab.sender.unknown(gitlab.repository)

    assert gitlab.deliver(delivery, headers=gitlab_signed_headers, name="signed").status_code == 202
    changed = gitlab.deliver(delivery, headers=gitlab_signed_headers, body=delivery.body + b" ")
    assert changed.status_code == 401
    assert gitlab.log()[0].delivery_id == "signed"


@pytest.mark.parametrize("off", [timedelta(minutes=-6), timedelta(minutes=6)])
def test_a_signature_of_another_time_is_refused(gitlab: World, off: timedelta) -> None:
    def then(event: str, name: str, secret: str, body: bytes, now: object) -> dict[str, str]:
        return gitlab_signed_headers(event, name, secret, body, gitlab.service.now() + off)

    assert gitlab.deliver(gitlab.sender.unknown(gitlab.repository), headers=then).status_code == 401


def test_a_wrong_signature_is_not_made_up_for_by_a_token(gitlab: World) -> None:
    def both(event: str, name: str, secret: str, body: bytes, now: object) -> dict[str, str]:
        signed = gitlab_signed_headers(event, name, secret, body, gitlab.service.now())
        return signed | {"webhook-signature": "v1,AAAA", "x-gitlab-token": secret}

    assert gitlab.deliver(gitlab.sender.unknown(gitlab.repository), headers=both).status_code == 401


@pytest.mark.parametrize("sent", ["", "x", "9" * 30, "-1", "\u0661"])
def test_a_time_that_is_none_is_refused(gitlab: World, sent: str) -> None:
    def odd(event: str, name: str, secret: str, body: bytes, now: object) -> dict[str, str]:
        signed = gitlab_signed_headers(event, name, secret, body, gitlab.service.now())
        return signed | {"webhook-timestamp": sent.encode()}  # type: ignore[dict-item]

    assert gitlab.deliver(gitlab.sender.unknown(gitlab.repository), headers=odd).status_code == 401


def test_forgejo_s_headers_count_and_a_wrong_one_is_not_made_up_for_by_gitea_s(gitea: World) -> None:
    def mixed(event: str, name: str, secret: str, body: bytes, now: object) -> dict[str, str]:
        right = gitea.sender.headers(event, name, secret, body, gitea.service.now())
        return right | {"x-forgejo-signature": "0" * 64}

    delivery = gitea.sender.unknown(gitea.repository)
    assert gitea.deliver(delivery, headers=forgejo_headers).status_code == 202
    assert gitea.deliver(delivery, headers=mixed).status_code == 401
