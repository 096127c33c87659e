"""Uploading: the plain form, chunks, what is looked at before it counts, and every way to get it wrong."""

from __future__ import annotations

import io
import socket
import tarfile
import threading
import uuid
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import httpx2
import pytest
from fastapi.testclient import TestClient

from api.http.app import create_app
from api.invitations.inviting import by_token
from api.invitations.tables import Invitation
from api.service import Service
from api.settings import Bounds, Settings
from api.submissions import uploads
from api.submissions.tables import Submission, Upload
from api.takehomes.shelf import Shelf
from tests.api.conftest import Clock
from tests.api.http.candidate.conftest import GOOD, NO_FLATTEN, Candidate, zipped

Start = Callable[..., Candidate]


def submissions(ada: Candidate) -> int:
    with ada.service.sessions() as session:
        return session.query(Submission).count()


def chunks(ada: Candidate) -> list[str]:
    return [name for name in ada.service.blobs.names() if name.startswith("uploads/")]


# -- the form -------------------------------------------------------------------------------------


def test_the_form_makes_a_submission_and_leads_to_its_receipt(ada: Candidate) -> None:
    answer = ada.send()

    assert answer.status_code == 303
    receipt = ada.client.get(answer.headers["location"])
    assert ada.submission().blob in receipt.text
    assert "Attempt 1 was received" in receipt.text
    assert ada.service.blobs.get(ada.submission().blob) == GOOD
    assert chunks(ada) == []


def test_a_second_click_is_no_second_attempt(ada: Candidate) -> None:
    first, second = ada.send(), ada.send()

    assert first.headers["location"] == second.headers["location"]
    assert submissions(ada) == 1


def test_another_file_from_the_same_form_is_another_attempt(ada: Candidate) -> None:
    """The browser's back button shows the old form with its key."""
    ada.send()

    ada.send(zipped({"flatten.py": "x = 2\n"}))

    assert submissions(ada) == 2


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"7z\xbc\xaf\x27\x1c rest", "work.7z", "7-Zip"),
        (b"%PDF-1.7", "work.zip", "PDF"),
        (GOOD[:-30], "work.zip", "archive"),
        (b"hello", "notes.txt", "neither a zip archive"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason_and_costs_nothing(
    ada: Candidate, data: bytes, name: str, words: str
) -> None:
    answer = ada.send(data, name)

    assert answer.status_code == 422
    assert words in answer.text
    assert "cost no attempt" in answer.text
    assert "KeyCollisionError" in answer.text  # the page of the take-home, not a dead end
    assert (submissions(ada), chunks(ada)) == (0, [])


def test_a_zip_bomb_is_refused_by_the_name_of_its_limit(ada: Candidate) -> None:
    answer = ada.send(zipped({"flatten.py": bytes(60 * 2**20)}))

    assert answer.status_code == 422
    assert "expands" in answer.text or "larger than" in answer.text
    assert submissions(ada) == 0


def test_a_missing_file_is_said_before_it_counts(ada: Candidate) -> None:
    answer = ada.send(NO_FLATTEN)

    check = ada.client.get(answer.headers["location"])
    assert "Something is missing" in check.text
    assert "flatten.py" in check.text
    assert submissions(ada) == 0

    anyway = ada.client.post(
        answer.headers["location"].removesuffix("check") + "finish", data={"anyway": "true"}
    )
    assert anyway.status_code == 303
    assert submissions(ada) == 1
    assert ada.client.get(answer.headers["location"]).headers["location"] == anyway.headers["location"]


def test_no_file_is_said(ada: Candidate) -> None:
    assert ada.post("/submissions", data={"key": "k"}).status_code == 422
    assert ada.post("/submissions", files={"file": ("", b"")}).status_code == 422


def test_a_file_name_can_be_anything_and_runs_nothing(ada: Candidate) -> None:
    name = "<img src=x onerror=alert(1)>\u202efdp.zip"

    receipt = ada.client.get(ada.send(name=name).headers["location"]).text

    assert "<img src=x" not in receipt
    assert "\u202e" not in receipt
    assert "\\u202e" in receipt


def test_names_inside_an_archive_run_nothing_on_the_page_that_lists_them(ada: Candidate) -> None:
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        for name in ("<script>alert(1)</script>.py", "a\x1b[31m.py", "../up.py", "b\u202e.py", "ok.py"):
            archive.addfile(tarfile.TarInfo(name), io.BytesIO())

    check = ada.client.get(ada.send(tar.getvalue(), "w.tar").headers["location"]).text

    assert "<script>alert" not in check
    for bad in ("\x1b", "\u202e"):
        assert bad not in check
    assert "Left out" in check


# -- the window -----------------------------------------------------------------------------------


def test_attempts_run_out(start: Start) -> None:
    ada = start(max_attempts=1)
    ada.send()

    again = ada.send(zipped({"flatten.py": "x = 2\n"}))

    assert again.status_code == 409
    assert "All 1 attempts are used" in ada.get().text


def test_an_upload_begun_in_time_may_end_late_but_not_for_ever(ada: Candidate, clock: Clock) -> None:
    clock.advance(hours=47, minutes=59)
    first, second = ada.begin(len(GOOD)), ada.begin(len(GOOD))
    clock.advance(minutes=10)

    for path in (first, second):
        assert ada.chunk(path, 0, GOOD).status_code == 200
    assert ada.finish(first).status_code == 200
    assert ada.post("/uploads", json={"name": "late.zip", "size": 3}).status_code == 410

    clock.advance(minutes=10)
    late = ada.finish(second)
    assert late.status_code == 410
    assert "is over" in late.json()["detail"]


def test_a_revoked_invitation_takes_nothing_any_more(ada: Candidate, clock: Clock) -> None:
    path = ada.begin(len(GOOD))
    ada.chunk(path, 0, GOOD)
    with ada.service.sessions.begin() as session:
        session.get_one(Invitation, ada.invitation.id).revoked_at = clock.now

    assert ada.finish(path).status_code == 410
    assert submissions(ada) == 0


def test_nothing_is_taken_before_the_start(
    client: TestClient, invited: Callable[..., tuple[Invitation, str]]
) -> None:
    _, token = invited()

    assert client.post(f"/i/{token}/uploads", json={"name": "a.zip", "size": 3}).status_code == 409
    assert client.post(f"/i/{token}/submissions", files={"file": ("a.zip", GOOD)}).status_code == 409


# -- chunks ---------------------------------------------------------------------------------------


def test_chunks_become_the_file_and_are_removed(ada: Candidate) -> None:
    path = ada.begin(len(GOOD))
    assert ada.chunk(path, 0, GOOD[:100]).json()["offset"] == 100
    assert ada.client.head(ada.link + path).headers["upload-offset"] == "100"
    assert ada.chunk(path, 100, GOOD[100:]).json()["offset"] == len(GOOD)
    assert len(chunks(ada)) == 2

    finished = ada.finish(path)

    assert finished.json()["location"].endswith(str(ada.submission().id))
    assert ada.service.blobs.get(ada.submission().blob) == GOOD
    assert chunks(ada) == []


def test_finishing_again_gives_the_same_submission(ada: Candidate) -> None:
    path = ada.begin(len(GOOD))
    ada.chunk(path, 0, GOOD)

    first, second = ada.finish(path), ada.finish(path)

    assert first.json() == second.json()
    assert submissions(ada) == 1


def test_finishing_at_once_from_many_sides_makes_one_submission(ada: Candidate, live: str) -> None:
    path = ada.begin(len(GOOD))
    ada.chunk(path, 0, GOOD)
    answers: list[tuple[int, str]] = []

    def finish() -> None:
        answer = httpx2.post(
            f"{live}{ada.link}{path}/finish", headers={"Accept": "application/json"}, timeout=60
        )
        answers.append((answer.status_code, answer.text))

    threads = [threading.Thread(target=finish) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {status for status, _ in answers} == {200}
    assert len({text for _, text in answers}) == 1
    assert submissions(ada) == 1


def test_a_received_upload_whose_chunks_were_left_is_cleaned_up_later(ada: Candidate, clock: Clock) -> None:
    """The process may die between the commit and the removal."""
    path = ada.begin(len(GOOD))
    ada.chunk(path, 0, GOOD)
    identity = uuid.UUID(path.rpartition("/")[2])
    shelf = Shelf(ada.service.blobs, ada.service.settings.data / "takehomes")
    with ada.service.sessions.begin() as session:
        invitation = by_token(session, ada.link.removeprefix("/i/"), lock=True)
        uploads.finish(session, ada.service, shelf, invitation, identity, clock.now)
    assert len(chunks(ada)) == 1
    assert ada.chunk(path, len(GOOD), b"x").status_code == 409

    with ada.service.sessions.begin() as session:
        uploads.expire_uploads(session, ada.service.blobs, clock.now)

    assert chunks(ada) == []
    assert ada.finish(path).json()["location"].endswith(str(ada.submission().id))


@pytest.mark.parametrize("name", ["a" * 300 + ".zip", "nul\0.zip", "/etc/passwd", "\u202e\x1b[31m.zip", ""])
def test_a_name_can_be_anything(ada: Candidate, name: str) -> None:
    path = ada.begin(len(GOOD), name)
    ada.chunk(path, 0, GOOD)

    assert ada.finish(path).status_code == 200
    assert len(ada.submission().file_name) <= 255


def test_a_name_that_is_no_text_is_refused(ada: Candidate) -> None:
    body = b'{"name": "\\ud800.zip", "size": 3}'

    answer = ada.post("/uploads", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 422


def test_an_offset_that_lies_is_told_where_it_stands(ada: Candidate) -> None:
    path = ada.begin(len(GOOD))
    ada.chunk(path, 0, GOOD[:100])

    for lie in (0, 50, 101, 10**15):
        answer = ada.chunk(path, lie, GOOD[:10])
        assert answer.status_code == 409
        assert "stands at 100 bytes" in answer.json()["detail"]
    assert ada.chunk(path, -1, b"x").status_code == 422
    assert ada.get(path).json()["offset"] == 100


def test_more_than_was_announced_is_refused(ada: Candidate) -> None:
    path = ada.begin(10)

    assert ada.chunk(path, 0, b"x" * 11).status_code == 422
    assert ada.get(path).json()["offset"] == 0


def test_a_finish_before_the_end_says_what_is_missing(ada: Candidate) -> None:
    path = ada.begin(len(GOOD))
    ada.chunk(path, 0, GOOD[:100])

    answer = ada.finish(path)

    assert answer.status_code == 409
    assert f"100 of {len(GOOD)} bytes" in answer.json()["detail"]


def test_no_chunk_after_the_finish(ada: Candidate) -> None:
    path = ada.begin(len(GOOD))
    ada.chunk(path, 0, GOOD)
    ada.finish(path)

    assert ada.chunk(path, len(GOOD), b"x").status_code == 404


def test_an_unreadable_upload_is_dropped_with_its_chunks(ada: Candidate) -> None:
    path = ada.begin(5)
    ada.chunk(path, 0, b"hello")

    refused = ada.finish(path)

    assert refused.status_code == 422
    assert "cost no attempt" in refused.json()["detail"]
    assert chunks(ada) == []


def test_another_candidates_upload_is_not_found(ada: Candidate, start: Start) -> None:
    path = ada.begin(len(GOOD))
    eve = start(name="Eve", email="eve@example.com")

    assert eve.get(path).status_code == 404
    assert eve.chunk(path, 0, GOOD).status_code == 404
    assert eve.finish(path).status_code == 404
    assert eve.get(f"{path}/check").status_code == 404


def test_only_a_few_uploads_of_one_candidate_are_kept(ada: Candidate) -> None:
    for _ in range(8):
        ada.chunk(ada.begin(10), 0, b"x")

    with ada.service.sessions() as session:
        assert session.query(Upload).count() == 5
    assert len(chunks(ada)) == 5


def test_uploads_that_ran_out_are_removed(ada: Candidate, clock: Clock) -> None:
    path = ada.begin(10)
    ada.chunk(path, 0, b"x")
    clock.advance(hours=25)

    with ada.service.sessions.begin() as session:
        assert uploads.expire_uploads(session, ada.service.blobs, clock.now) == 1

    assert ada.get(path).status_code == 404
    assert chunks(ada) == []


# -- sizes ----------------------------------------------------------------------------------------


@pytest.fixture
def small(service: Service) -> Service:
    """The service with small bounds."""
    settings = Settings(data=service.settings.data, bounds=Bounds(upload_bytes=4000, chunk_bytes=1000))
    return replace(service, settings=settings)


@pytest.fixture
def bob(small: Service, invited: Callable[..., tuple[Invitation, str]]) -> Iterator[Candidate]:
    """A candidate of that service."""
    invitation, token = invited()
    with TestClient(create_app(small), base_url="http://127.0.0.1:8000", follow_redirects=False) as client:
        made = Candidate(small, client, f"/i/{token}", invitation)
        made.post("/start")
        yield made


def test_a_file_above_the_limit_is_refused_with_the_limit(bob: Candidate) -> None:
    answer = bob.send(bytes(5000))

    assert answer.status_code == 413
    assert "3.91 kB" in answer.text
    assert bob.post("/uploads", json={"name": "a.zip", "size": 5000}).status_code == 413


def test_a_chunk_above_the_limit_is_refused(bob: Candidate) -> None:
    path = bob.begin(4000)

    assert bob.chunk(path, 0, bytes(1001)).status_code == 413
    assert bob.get(path).json()["offset"] == 0


def ask(live: str, head: str, body: bytes = b"") -> bytes:
    """A request over a bare socket; its answer, without sending what was announced."""
    parts = urlsplit(live)
    with socket.create_connection((parts.hostname, parts.port), timeout=20) as line:
        line.sendall(head.replace("\n", "\r\n").encode() + body)
        return line.recv(65536)


def test_a_huge_length_is_refused_without_reading_on(ada: Candidate, live: str) -> None:
    path = ada.begin(len(GOOD))

    for method, where, kind in (
        ("PATCH", path, "application/octet-stream"),
        ("POST", "/submissions", "multipart/form-data; boundary=x"),
    ):
        head = (
            f"{method} {ada.link}{where} HTTP/1.1\nHost: x\nUpload-Offset: 0\nContent-Type: {kind}\n"
            "Content-Length: 99999999999\n\n"
        )
        assert ask(live, head).startswith(b"HTTP/1.1 413")


def test_a_chunk_without_a_length_is_counted_while_it_comes(ada: Candidate, live: str) -> None:
    path = ada.begin(20 * 2**20)
    piece = b"10000\r\n" + bytes(65536) + b"\r\n"
    head = f"PATCH {ada.link}{path} HTTP/1.1\nHost: x\nUpload-Offset: 0\nTransfer-Encoding: chunked\n\n"

    assert ask(live, head, piece * 65).startswith(b"HTTP/1.1 413")
    assert ada.get(path).json()["offset"] == 0
    assert ask(live, head, piece * 3 + b"0\r\n\r\n").startswith(b"HTTP/1.1 200")
    assert ada.get(path).json()["offset"] == 3 * 65536


def test_a_line_that_breaks_within_a_chunk_counts_nothing_of_it(ada: Candidate, live: str) -> None:
    path = ada.begin(1000)
    parts = urlsplit(live)
    head = f"PATCH {ada.link}{path} HTTP/1.1\r\nHost: x\r\nUpload-Offset: 0\r\nContent-Length: 1000\r\n\r\n"
    with socket.create_connection((parts.hostname, parts.port), timeout=20) as line:
        line.sendall(head.encode() + bytes(400))

    assert ada.get(path).json()["offset"] == 0
    assert ada.chunk(path, 0, bytes(1000)).json()["offset"] == 1000


def test_a_zip_of_a_folder_is_taken_without_the_folder(ada: Candidate) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("my work/flatten.py", "x = 1\n")

    assert "/submissions/" in ada.send(made.getvalue()).headers["location"]
