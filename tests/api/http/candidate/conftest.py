"""Candidates with a link, and archives to upload."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from api.invitations.tables import Invitation
from api.service import Service
from api.submissions.grading import grade_submission
from api.submissions.tables import Submission
from api.takehomes.shelf import Shelf
from tests.api.graded import Recorded

Invite = Callable[..., tuple[Invitation, str]]


def zipped(files: dict[str, str | bytes]) -> bytes:
    """A zip archive."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


GOOD = zipped({"flatten.py": "def flatten(tree): ...\n", "README.md": "hello\n"})
NO_FLATTEN = zipped({"other.py": "x = 1\n"})


@dataclass(frozen=True)
class Candidate:
    """A candidate who has started, with their browser."""

    service: Service
    client: TestClient
    link: str
    invitation: Invitation

    def get(self, path: str = "") -> Response:
        """A page below the link."""
        return self.client.get(self.link + path)

    def post(self, path: str, **given: object) -> Response:
        """A form below the link."""
        return self.client.post(self.link + path, **given)  # type: ignore[arg-type]

    def send(self, data: bytes = GOOD, name: str = "work.zip", key: str = "k") -> Response:
        """Upload with the plain form."""
        return self.post("/submissions", files={"file": (name, data)}, data={"key": key})

    def begin(self, size: int, name: str = "work.zip") -> str:
        """Begin a resumable upload; gives its path."""
        answer = self.post("/uploads", json={"name": name, "size": size})
        assert answer.status_code == 201, answer.text
        return f"/uploads/{answer.json()['id']}"

    def chunk(self, path: str, offset: int, data: bytes) -> Response:
        """Send a chunk."""
        return self.client.patch(
            self.link + path,
            content=data,
            headers={"Upload-Offset": str(offset), "Accept": "application/json"},
        )

    def finish(self, path: str, **form: str) -> Response:
        """Finish an upload as a script does."""
        return self.client.post(
            f"{self.link}{path}/finish", data=form, headers={"Accept": "application/json"}
        )

    def submission(self) -> Submission:
        """The newest submission."""
        with self.service.sessions() as session:
            found = session.query(Submission).filter_by(invitation_id=self.invitation.id)
            return found.order_by(Submission.attempt.desc()).limit(1).one()

    def grade(self, sample: str = "middling") -> Submission:
        """Grade the newest submission with evidence that was recorded."""
        submission = self.submission()
        shelf = Shelf(self.service.blobs, self.service.settings.data / "takehomes")
        examiner = Recorded(f"flatten-{sample}")
        grade_submission(self.service, shelf, examiner, submission.id, submission.suite_id, "tests")
        return self.submission()


@pytest.fixture
def start(service: Service, client: TestClient, invited: Invite) -> Callable[..., Candidate]:
    """Invites a candidate and starts their window."""

    def make(**terms: object) -> Candidate:
        invitation, token = invited(**terms)
        candidate = Candidate(service, client, f"/i/{token}", invitation)
        assert candidate.post("/start").status_code == 303
        return candidate

    return make


@pytest.fixture
def ada(start: Callable[..., Candidate]) -> Candidate:
    """A candidate who has started."""
    return start()
