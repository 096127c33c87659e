"""The service with its bytes in object storage: nothing of an upload or a take-home lies on the machine's own disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from api.accounts.tables import Role
from api.blobs import FileBlobs, S3Blobs, open_blobs, put_content
from api.invitations.tables import Invitation
from api.service import Service
from api.submissions.grading import grade_submission
from api.submissions.sweeping import sweep
from api.submissions.tables import Submission
from api.takehomes.shelf import Shelf
from tests.api.conftest import People, new_bucket, service_on
from tests.api.graded import Recorded, sample_zip


@pytest.fixture
def service(postgres: str, s3: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """The service on a bucket, as GRADER_BLOB_URL and the variables of AWS say it."""
    for name, value in {
        "AWS_ENDPOINT": s3,
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "k",
        "AWS_SECRET_ACCESS_KEY": "s",
    }.items():
        monkeypatch.setenv(name, value)
    url = f"s3://{new_bucket(s3)}/grader"
    with service_on(postgres, tmp_path / "data") as made:
        blobs = open_blobs(url, tmp_path / "data" / "blobs")
        assert isinstance(blobs, S3Blobs)
        yield replace(made, blobs=blobs)


def test_from_the_upload_to_the_report(
    service: Service,
    client: TestClient,
    people: People,
    invited: Callable[..., tuple[Invitation, str]],
) -> None:
    _, token = invited()
    data = sample_zip("flatten", "middling")
    client.post(f"/i/{token}/start")
    begun = client.post(f"/i/{token}/uploads", json={"name": "work.tar.gz", "size": len(data)}).json()
    part = f"/i/{token}/uploads/{begun['id']}"
    client.patch(part, content=data, headers={"Upload-Offset": "0", "Accept": "application/json"})
    assert client.post(f"{part}/finish", headers={"Accept": "application/json"}).status_code == 200

    with service.sessions() as session:
        submission = session.scalars(select(Submission)).one()
    cache = Shelf(service.blobs, service.settings.data / "takehomes")
    grade_submission(
        service, cache, Recorded("flatten-middling"), submission.id, submission.suite_id, "tests"
    )
    people.sign_in(Role.REVIEWER)
    page = f"/submissions/{submission.id}"

    assert "Collisions" in client.get(page).text
    assert "fix_lists" in client.get(f"{page}/code?file=flatten.py").text
    assert client.get(f"{page}/download/upload").content == data
    assert submission.blob in set(service.blobs.names())
    assert list(FileBlobs(service.settings.data / "blobs").names()) == []


def test_what_nothing_names_is_removed_and_the_rest_stays(
    service: Service, invited: Callable[..., tuple[Invitation, str]], client: TestClient
) -> None:
    _, token = invited()
    client.post(f"/i/{token}/start")
    client.post(f"/i/{token}/submissions", files={"file": ("work.tar.gz", sample_zip("flatten", "poor"))})
    named = set(service.blobs.names())
    put_content(service.blobs, b"nobody names this")

    assert sweep(service, datetime.now(UTC) + timedelta(days=2)) == 1
    assert set(service.blobs.names()) == named
