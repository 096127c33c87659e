"""Programs that call the API with tokens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.accounts.keys import Scope, make_key
from api.accounts.people import add_user
from api.accounts.tables import Role, User
from api.service import Service
from tests.api.conftest import TESTER


class Program:
    """Calls the API with one token."""

    def __init__(self, client: TestClient, token: str, user: User) -> None:
        self._client = client
        self.token = token
        self.user = user

    def __call__(self, method: str, path: str, **options: Any) -> Any:
        """Call `/api/v1` + `path`."""
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        return self._client.request(method, f"/api/v1{path}", headers=headers, **options)


@pytest.fixture
def program(service: Service, client: TestClient) -> Callable[..., Program]:
    """Makes programs whose token has the scopes that are named."""

    def make(*scopes: str) -> Program:
        with service.sessions.begin() as session:
            address = f"owner{len(session.new)}-{'-'.join(scopes).replace(':', '.')}@example.com"
            user, _ = add_user(session, address, "Olive Owner", Role.ADMIN, service.now())
            session.flush()
            _, token = make_key(session, user, "a program", scopes, service.now(), TESTER)
        return Program(client, token, user)

    return make


@pytest.fixture
def admin(program: Callable[..., Program]) -> Program:
    """A program that may do everything."""
    return program(Scope.ADMIN)
