"""Sending submissions over the API, and following them."""

from __future__ import annotations

import hashlib
import http.client
import json
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from api.http import live as watching
from api.http.app import create_app
from api.queue import waiting_jobs
from api.service import Service
from api.submissions.tables import Submission
from api.takehomes.tables import Takehome
from tests.api.conftest import Clock
from tests.api.graded import graded, sample_zip
from tests.api.http.v1.conftest import Program
from tests.api.http.v1.problems import problem

ADDRESS = "/take-homes/flatten/submissions"
ZIP = {"Content-Type": "application/zip"}


@pytest.fixture
def work() -> bytes:
    return sample_zip("flatten", "middling")


def test_an_archive_as_the_body_is_taken(
    service: Service, admin: Program, flatten: Takehome, work: bytes
) -> None:
    answer = admin("POST", f"{ADDRESS}?filename=work.tar.gz&label=ada", content=work, headers=ZIP)

    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["state"], made["file_name"], made["label"]) == ("queued", "work.tar.gz", "ada")
    assert made["sha256"] == hashlib.sha256(work).hexdigest()
    assert answer.headers["location"] == f"/api/v1/submissions/{made['id']}"
    assert admin("GET", f"/submissions/{made['id']}").json() == made
    with service.sessions() as session:
        assert waiting_jobs(session) == 1
    assert service.blobs.get(made["sha256"]) == work


def test_a_form_with_a_file_is_taken(admin: Program, flatten: Takehome, work: bytes) -> None:
    answer = admin("POST", ADDRESS, files={"file": ("work.tar.gz", work)}, data={"label": "ada"})

    assert answer.status_code == 201, answer.text
    assert (answer.json()["file_name"], answer.json()["label"]) == ("work.tar.gz", "ada")


REFUSED: list[tuple[dict[str, Any], int]] = [
    ({"content": b"x", "headers": {"Content-Type": "text/html"}}, 415),
    ({"content": b"", "headers": ZIP}, 422),
    ({"data": {"label": "no file"}, "headers": {"Content-Type": "multipart/form-data; boundary=x"}}, 422),
    ({"content": b"garbage", "headers": {"Content-Type": "multipart/form-data; boundary=x"}}, 422),
    ({"content": b"garbage", "headers": {"Content-Type": "multipart/form-data"}}, 422),
    ({"files": {"file": ("a.zip", b"x")}, "data": {"surprise": "1"}}, 422),
    ({"files": [("file", ("a.zip", b"x")), ("file", ("b.zip", b"x"))]}, 422),
    ({"files": {"file": ("a.zip", b"x")}, "data": {"label": "a\0b"}}, 422),
    ({"files": {"file": ("a.zip", b"x")}, "data": {"level": "no-such"}}, 422),
    ({"content": b"x", "headers": {**ZIP, "Idempotency-Key": "with space"}}, 422),
    ({"content": b"x", "headers": {**ZIP, "Idempotency-Key": "k" * 201}}, 422),
]


def test_what_is_no_upload_is_refused_with_the_reason(admin: Program, flatten: Takehome) -> None:
    for options, status in REFUSED:
        assert problem(admin("POST", ADDRESS, **options), status)["detail"]


def test_an_unknown_take_home_is_not_found(admin: Program, work: bytes) -> None:
    for name, status in (("nothing", 404), ("%F0%9F%98%80", 404), ("a%00b", 422), ("x" * 5000, 422)):
        problem(admin("POST", f"/take-homes/{name}/submissions", content=work, headers=ZIP), status)


def test_hostile_file_names_are_kept_as_data(admin: Program, flatten: Takehome) -> None:
    """The name of the upload goes nowhere but into a column and into JSON."""
    boundary = {"Content-Type": "multipart/form-data; boundary=x; charset=rot13"}
    for name in (b"\xff\xfe.zip", b"a\x00b.zip", b'"><script>.zip', b"../../etc/passwd", b"\xed\xa0\x80.zip"):
        part = (
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="'
            + name
            + b'"\r\n\r\nPK\r\n--x--\r\n'
        )
        answer = admin("POST", ADDRESS, content=part, headers=boundary)
        assert answer.status_code == 201, answer.text
        kept = admin("GET", f"/submissions/{answer.json()['id']}/archive")
        assert kept.headers["content-disposition"].startswith('attachment; filename="submission-')
        assert b"script" not in kept.headers["content-disposition"].encode()


def test_too_much_is_refused_before_it_is_read(service: Service, admin: Program, flatten: Takehome) -> None:
    """What the length of the body or the form's file says is enough."""
    bounds = service.settings.bounds.model_copy(update={"upload_bytes": 1000})
    small = replace(service, settings=service.settings.model_copy(update={"bounds": bounds}))
    with TestClient(create_app(small), base_url="http://127.0.0.1:8000") as client:
        sender = Program(client, admin.token, admin.user)
        declared = sender("POST", ADDRESS, content=b"x" * 1001, headers=ZIP)
        form = sender("POST", ADDRESS, files={"file": ("a.zip", b"x" * 1001)})

    assert "larger than" in problem(declared, 413)["detail"]
    problem(form, 413)
    with service.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Submission)) == 0


def send_for_ever(connection: http.client.HTTPConnection, chunk: bytes) -> None:
    """As a client that does not listen; gives up at 400 times the chunk."""
    for _ in range(400):
        connection.send(chunk)


def test_a_stream_without_a_length_is_cut_off(
    service: Service, admin: Program, flatten: Takehome, live: str
) -> None:
    """Over a real connection: the server answers long before the client has sent what it wants to send."""
    address = urlsplit(live)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=20)
    connection.putrequest("POST", f"/api/v1{ADDRESS}")
    for name, value in {
        **ZIP,
        "Authorization": f"Bearer {admin.token}",
        "Transfer-Encoding": "chunked",
    }.items():
        connection.putheader(name, value)
    connection.endheaders()
    chunk = b"100000\r\n" + b"x" * 2**20 + b"\r\n"
    with pytest.raises(OSError, match=r"Broken pipe|Connection reset"):
        send_for_ever(connection, chunk)

    connection.close()
    with service.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Submission)) == 0


def test_the_same_key_is_the_same_submission(admin: Program, flatten: Takehome, work: bytes) -> None:
    headers = {**ZIP, "Idempotency-Key": "build-7"}

    first = admin("POST", ADDRESS, content=work, headers=headers)
    second = admin("POST", ADDRESS, content=work, headers=headers)

    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    problem(admin("POST", ADDRESS, content=work + b"x", headers=headers), 409)


def test_a_race_of_the_same_key_makes_one_submission(
    service: Service, admin: Program, flatten: Takehome, work: bytes, live: str
) -> None:
    start = threading.Barrier(6)

    def send(_: int) -> Any:
        start.wait()
        headers = {**ZIP, "Authorization": f"Bearer {admin.token}", "Idempotency-Key": "race"}
        return httpx2.post(f"{live}/api/v1{ADDRESS}", content=work, headers=headers, timeout=30)

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(send, range(6)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    with service.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Submission)) == 1


def test_a_full_queue_is_busy_and_says_when_to_come_back(
    service: Service, admin: Program, flatten: Takehome, work: bytes
) -> None:
    bounds = service.settings.bounds.model_copy(update={"queue_jobs": 1})
    small = replace(service, settings=service.settings.model_copy(update={"bounds": bounds}))
    with TestClient(create_app(small), base_url="http://127.0.0.1:8000") as client:
        sender = Program(client, admin.token, admin.user)
        assert sender("POST", ADDRESS, content=work, headers=ZIP).status_code == 201
        busy = sender("POST", ADDRESS, content=work, headers=ZIP)

    problem(busy, 503)
    assert int(busy.headers["retry-after"]) > 0


def test_pages_follow_each_other_without_gap_or_repetition(
    admin: Program, flatten: Takehome, work: bytes
) -> None:
    sent = [admin("POST", ADDRESS, content=work, headers=ZIP).json()["id"] for _ in range(5)]

    seen, address = [], "/submissions?limit=2&takehome=flatten&state=queued"
    while address:
        answer = admin("GET", address.removeprefix("/api/v1"))
        page = answer.json()
        seen += [one["id"] for one in page["items"]]
        link = answer.headers.get("link")
        assert (link == f'<{page["next"]}>; rel="next"') if page["next"] else link is None
        address = page["next"]

    assert seen == sent[::-1]


def test_filters_choose(
    service: Service, admin: Program, flatten: Takehome, clock: Clock, work: bytes
) -> None:
    first = graded(service, flatten)
    clock.advance(hours=1)
    second = admin("POST", ADDRESS, content=work, headers=ZIP).json()["id"]

    def ids(query: str) -> list[str]:
        return [one["id"] for one in admin("GET", f"/submissions?{query}").json()["items"]]

    assert ids("state=graded") == [str(first.id)]
    assert ids("since=2026-03-02T09:30:00Z") == [second]
    assert ids("takehome=other") == []
    assert ids("decision=advance") == []


WRONG_QUERIES = [
    "limit=0",
    "limit=201",
    "limit=99999999999999999999999999",
    "limit=x",
    "state=lost",
    "since=yesterday",
    "since=2026-03-02T09:30:00",
    "since=0001-01-01T00:00:00%2B23:00",
    "since=9999-12-31T23:59:59-23:00",
    "cursor=abc",
    "cursor=AAAAAAAAAAAAAAAAAAAAAA",
    "cursor=%00",
    "cursor=%F0%9F%98%80",
    "takehome=a%00b",
    "status=graded",
    "state=graded&state=queued",
]


def test_a_wrong_query_is_refused_with_the_field(admin: Program) -> None:
    for query in WRONG_QUERIES:
        assert problem(admin("GET", f"/submissions?{query}"), 422)["errors"], query


def test_a_forged_cursor_shows_nothing_new(admin: Program, flatten: Takehome, work: bytes) -> None:
    """A cursor only says where a page begins: one that was made up gives what the caller may see anyway."""
    admin("POST", ADDRESS, content=work, headers=ZIP)
    for cursor, count in (("AAAAAAAAAAAAAAAAAAAAAA==", 0), ("_____________________w==", 1)):
        assert len(admin("GET", f"/submissions?cursor={cursor}").json()["items"]) == count


def test_polling_with_the_tag_costs_no_body(service: Service, admin: Program, flatten: Takehome) -> None:
    submission = graded(service, flatten)
    for path in (f"/submissions/{submission.id}", f"/submissions/{submission.id}/report"):
        tag = admin("GET", path).headers["etag"]
        for header in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            again = admin("GET", path, headers={"If-None-Match": header})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert admin("GET", path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_report_comes_in_every_format(service: Service, admin: Program, flatten: Takehome) -> None:
    path = f"/submissions/{graded(service, flatten).id}/report"

    report = admin("GET", path)
    assert report.json()["outcome"] == "graded"
    for name, kind in (
        ("html", "text/html"),
        ("junit", "application/xml"),
        ("sarif", "application/sarif+json"),
    ):
        asked = admin("GET", f"{path}?format={name}")
        accepted = admin("GET", path, headers={"Accept": kind})
        assert asked.headers["content-type"].startswith(kind)
        assert asked.content == accepted.content
        assert asked.headers["content-disposition"].startswith("attachment")
        assert asked.headers["content-security-policy"].startswith("sandbox")
    assert admin("GET", f"{path}?format=json").content == report.content
    assert b"flatten.py" in admin("GET", f"{path}?format=html").content
    problem(admin("GET", f"{path}?format=pdf"), 422)


def test_the_report_for_candidates_names_no_hidden_test(
    service: Service, admin: Program, flatten: Takehome
) -> None:
    path = f"/submissions/{graded(service, flatten).id}"
    whole = admin("GET", f"{path}/report").json()
    hidden = [test["id"] for test in whole["evidence"]["hidden_tests"]["tests"]]

    public = admin("GET", f"{path}/candidate-report")

    assert public.json()["audience"] == "candidate"
    assert [name for name in hidden if name in public.text] == []


def test_without_a_report_the_answer_says_the_state(admin: Program, flatten: Takehome, work: bytes) -> None:
    made = admin("POST", ADDRESS, content=work, headers=ZIP).json()

    for kind in ("report", "candidate-report"):
        missing = problem(admin("GET", f"/submissions/{made['id']}/{kind}"), 404)
        assert missing["state"] == "queued"


def test_the_upload_can_be_had_back_but_not_run(
    service: Service, admin: Program, flatten: Takehome, work: bytes
) -> None:
    made = admin("POST", ADDRESS, content=work, headers=ZIP).json()

    answer = admin("GET", f"/submissions/{made['id']}/archive", headers={"Range": "bytes=0-1,5-,-99999999"})

    assert (answer.status_code, answer.content) == (200, work)
    assert answer.headers["content-disposition"] == f'attachment; filename="submission-{made["id"]}.tar.gz"'
    assert answer.headers["content-security-policy"].startswith("sandbox")
    assert answer.headers["x-content-type-options"] == "nosniff"
    service.blobs.delete(made["sha256"])
    problem(admin("GET", f"/submissions/{made['id']}/archive"), 410)


def test_cancelling_takes_it_out_of_the_queue_once(admin: Program, flatten: Takehome, work: bytes) -> None:
    made = admin("POST", ADDRESS, content=work, headers=ZIP).json()

    first = admin("POST", f"/submissions/{made['id']}/cancel")
    second = admin("POST", f"/submissions/{made['id']}/cancel")

    assert first.json()["state"] == second.json()["state"] == "cancelled"


def test_what_is_graded_cannot_be_cancelled_but_graded_again(
    service: Service, admin: Program, flatten: Takehome
) -> None:
    path = f"/submissions/{graded(service, flatten).id}"

    problem(admin("POST", f"{path}/cancel"), 409)
    again = admin("POST", f"{path}/regrade")

    assert (again.status_code, again.json()["state"]) == (202, "queued")
    problem(admin("POST", f"{path}/regrade"), 409)


def test_a_submission_that_is_not_there_is_not_found(admin: Program) -> None:
    path = f"/submissions/{uuid.uuid4()}"
    for rest in ("", "/report", "/candidate-report", "/archive", "/events"):
        problem(admin("GET", path + rest), 404)
    for rest in ("/cancel", "/regrade"):
        problem(admin("POST", path + rest), 404)
    problem(admin("GET", "/submissions/17"), 422)


def test_events_end_when_the_submission_is_done(service: Service, admin: Program, flatten: Takehome) -> None:
    submission = graded(service, flatten)

    stream = admin("GET", f"/submissions/{submission.id}/events")

    assert stream.headers["content-type"].startswith("text/event-stream")
    events = [line.removeprefix("data: ") for line in stream.text.splitlines() if line.startswith("data: ")]
    assert [json.loads(event)["state"] for event in events] == ["graded"]


def test_more_who_watch_than_there_is_room_for_are_sent_away(
    service: Service, admin: Program, flatten: Takehome, monkeypatch: pytest.MonkeyPatch
) -> None:
    submission = graded(service, flatten)
    monkeypatch.setattr(watching, "MOST_WATCHERS", 0)

    answer = admin("GET", f"/submissions/{submission.id}/events")

    problem(answer, 503)
    assert answer.headers["retry-after"] == "30"


def test_events_tell_of_changes_as_they_happen(
    admin: Program, flatten: Takehome, work: bytes, live: str
) -> None:
    made = admin("POST", ADDRESS, content=work, headers=ZIP).json()
    seen = []
    headers = {"Authorization": f"Bearer {admin.token}"}
    with httpx2.stream("GET", f"{live}/api/v1/submissions/{made['id']}/events", headers=headers) as stream:
        for line in stream.iter_lines():
            if line.startswith("data: "):
                seen.append(json.loads(line.removeprefix("data: "))["state"])
                if seen == ["queued"]:
                    admin("POST", f"/submissions/{made['id']}/cancel")

    assert seen == ["queued", "cancelled"]
