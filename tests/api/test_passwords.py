"""How passwords are kept. Other tests have hashes that cost nothing, so real ones are made in a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from api.accounts import people as accounts
from api.accounts.tables import Role, User
from tests.api.conftest import PASSWORD, People


def test_hashes_cost_what_the_rfc_asks_for() -> None:
    """RFC 9106, section 4, its second recommendation: 64 MiB, three passes, four lanes."""
    program = "from api.accounts.people import _hasher; print(_hasher.hash('correct horse battery'))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_a_hash_that_has_become_too_cheap_is_replaced_when_its_user_signs_in(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The password is known only then."""
    user = people.sign_in(Role.REVIEWER)
    monkeypatch.setattr(accounts, "_hasher", PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    answer = people.client.post("/sign-in", data={"email": user.email, "password": PASSWORD})

    assert answer.status_code == 303
    with people.service.sessions() as session:
        stored = session.scalar(select(User.password_hash).where(User.id == user.id))
    assert stored is not None
    assert "m=16,t=2,p=1" in stored
