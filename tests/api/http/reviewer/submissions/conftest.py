"""A graded submission and a reviewer who is signed in."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import select

from api.accounts.tables import Role, User
from api.audit.tables import Entry
from api.service import Service
from api.submissions.tables import Submission
from api.takehomes.tables import Takehome
from tests.api.conftest import PASSWORD, People
from tests.api.graded import graded


@dataclass
class Desk:
    """A reviewer at work on one submission."""

    service: Service
    client: TestClient
    people: People
    submission: Submission
    user: User

    @property
    def base(self) -> str:
        """The address of the report page."""
        return f"/submissions/{self.submission.id}"

    def submission_takehome(self) -> Takehome:
        """The take-home that the submission is for."""
        with self.service.sessions() as session:
            return session.get_one(Takehome, self.submission.takehome_id)

    def get(self, below: str = "") -> str:
        """The text of a page, which is there."""
        answer = self.client.get(self.base + below)
        assert answer.status_code == 200, answer.text
        return answer.text

    def post(self, below: str, **fields: Any) -> Response:
        """Send a form."""
        return self.client.post(self.base + below, data=fields)

    def seen(self) -> str:
        """The newest judgement that the page shows."""
        found = re.search(r'name="seen" value="([^"]+)"', self.get())
        assert found is not None
        return found.group(1)

    def stored(self) -> Submission:
        """The submission as it is now."""
        with self.service.sessions() as session:
            return session.get_one(Submission, self.submission.id)

    def log(self, action: str) -> list[dict[str, Any]]:
        """Details of the entries of the audit log, oldest first."""
        with self.service.sessions() as session:
            query = select(Entry).where(Entry.action == action).order_by(Entry.id)
            return [entry.details for entry in session.scalars(query)]

    def be(self, role: Role, email: str) -> User:
        """Let another person take the seat."""
        user = self.people.add(role, email)
        self.sign_in(user)
        return user

    def sign_in(self, user: User) -> None:
        """Take the seat again."""
        answer = self.client.post("/sign-in", data={"email": user.email, "password": PASSWORD})
        assert answer.status_code == 303

    def put(self, **values: object) -> None:
        """Change columns of the submission."""
        with self.service.sessions.begin() as session:
            row = session.get_one(Submission, self.submission.id)
            for name, value in values.items():
                setattr(row, name, value)


@pytest.fixture
def make_desk(service: Service, flatten: Takehome, client: TestClient, people: People) -> Callable[..., Desk]:
    """A reviewer at a sample of `flatten`."""

    def make(sample: str = "middling") -> Desk:
        user = people.sign_in(Role.REVIEWER)
        return Desk(service, client, people, graded(service, flatten, sample), user)

    return make


@pytest.fixture
def desk(make_desk: Callable[..., Desk]) -> Desk:
    """A reviewer at the middling sample of `flatten`."""
    return make_desk()
