"""Sweeping: bytes that nothing names go, and never those of an upload that is being accepted."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from api.blobs import BlobMissing, put_content
from api.database.base import new_id
from api.invitations.inviting import by_token
from api.invitations.tables import Invitation
from api.service import Service
from api.submissions.receiving import Upload as Received
from api.submissions.receiving import receive
from api.submissions.sweeping import sweep
from api.submissions.tables import Submission, Upload
from api.takehomes.tables import SuiteVersion, Takehome
from tests.api.graded import graded

Invited = Callable[..., tuple[Invitation, str]]
LATER = timedelta(days=2)


def in_two_days() -> datetime:
    return datetime.now(UTC) + LATER


def gone(service: Service, name: str) -> bool:
    try:
        service.blobs.get(name)
    except BlobMissing:
        return True
    return False


def accept(service: Service, token: str, data: bytes, before_commit: Callable[[], object] = lambda: None) -> str:
    with service.sessions.begin() as session:
        bounds, upload = service.settings.bounds, Received("x.zip", data, "page")
        invitation = by_token(session, token, lock=True)
        submission = receive(
            session, service.blobs, service.queue, bounds, invitation, upload, service.now()
        )
        before_commit()
        return submission.blob


def test_what_a_row_names_stays(service: Service, flatten: Takehome) -> None:
    submission = graded(service, flatten)
    with service.sessions() as session:
        archive = session.scalars(select(SuiteVersion.blob)).one()

    assert sweep(service, in_two_days()) == 0
    assert not gone(service, submission.blob)
    assert not gone(service, archive)


def test_what_nothing_names_goes_after_a_day(service: Service) -> None:
    name = put_content(service.blobs, b"left over")

    assert sweep(service) == 0
    assert sweep(service, in_two_days()) == 1
    assert gone(service, name)


def test_chunks_go_when_their_upload_has_gone(service: Service, invited: Invited) -> None:
    invitation, _ = invited()
    upload = Upload(
        id=new_id(),
        invitation_id=invitation.id,
        file_name="x.zip",
        size=2,
        created_at=service.now(),
        expires_at=service.now(),
    )
    with service.sessions.begin() as session:
        session.add(upload)
    kept, left = f"uploads/{upload.id}/0", f"uploads/{new_id()}/0"
    service.blobs.put(kept, b"a")
    service.blobs.put(left, b"b")

    assert sweep(service, in_two_days()) == 1
    assert not gone(service, kept)
    assert gone(service, left)


def test_names_that_are_not_ours_stay(service: Service) -> None:
    service.blobs.put("read-me", b"the bucket of three teams")

    assert sweep(service, in_two_days()) == 0


def test_what_a_crash_left_goes_too(service: Service) -> None:
    name = put_content(service.blobs, b"x")
    left = service.settings.data / "blobs" / name[:2] / ".part-1"
    left.write_bytes(b"half")
    os.utime(left, (0, 0))

    assert sweep(service) == 1
    assert not left.exists()


def test_old_bytes_that_are_being_uploaded_again_are_not_taken_away(
    service: Service, invited: Invited, flatten: Takehome
) -> None:
    """The sweep has found them, old and without a name; the upload has stored them and not committed yet."""
    _, token = invited()
    data = b"the very same bytes"
    name = put_content(service.blobs, data)
    stored, swept = threading.Event(), threading.Event()

    def meanwhile() -> None:
        stored.set()
        swept.wait(1.5)

    uploading = threading.Thread(target=accept, args=(service, token, data, meanwhile))
    uploading.start()
    assert stored.wait(20)
    sweeping = threading.Thread(target=lambda: (sweep(service, in_two_days()), swept.set()))
    sweeping.start()
    time.sleep(0.3)
    assert not swept.is_set(), "the sweep waits for the upload"
    uploading.join()
    sweeping.join()

    with service.sessions() as session:
        assert session.scalars(select(Submission.blob)).one() == name
    assert service.blobs.get(name) == data


def test_an_upload_that_was_rolled_back_leaves_bytes_for_the_sweep(service: Service, invited: Invited) -> None:
    _, token = invited()

    def fail() -> None:
        raise RuntimeError("the database is gone")

    with pytest.raises(RuntimeError):
        accept(service, token, b"never accepted", fail)
    assert len(list(service.blobs.names())) == 2

    assert sweep(service, in_two_days()) == 1


def test_the_store_decides_how_old_something_is(service: Service, tmp_path: Path) -> None:
    name = put_content(service.blobs, b"x")
    path = next((tmp_path / "data" / "blobs").glob(f"??/{name}"))
    old = (datetime.now(UTC) - LATER).timestamp()
    os.utime(path, (old, old))

    put_content(service.blobs, b"x")

    assert sweep(service) == 0, "it was put again a moment ago"
