"""What pipelines send: by token or signed, an archive or the address of a repository."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from api.accounts.keys import Scope
from api.audit.tables import Entry
from api.ci.tables import CiConnection, CiRequest
from api.http.app import create_app
from api.invitations.tables import Invitation
from api.service import Service
from api.settings import Ci
from api.submissions.grading import grade_submission
from api.submissions.tables import Submission
from api.takehomes.packing import files_of
from api.takehomes.publishing import publish
from api.takehomes.shelf import Shelf
from api.takehomes.tables import Takehome
from grader.takehome import shelf
from tests.api.ci.conftest import Pipeline, connect
from tests.api.conftest import TESTER, Clock
from tests.api.graded import Recorded, sample_zip
from tests.api.http.v1.conftest import Program
from tests.api.http.v1.problems import problem

ADDRESS = "/ci/submissions"
ZIP = {"Content-Type": "application/zip"}
COMMIT = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"
REPOSITORY = {"url": "https://git.example.com/hiring/ada.git", "commit": COMMIT, "ref": "main"}
Invited = Callable[..., tuple[Invitation, str]]


@pytest.fixture
def work() -> bytes:
    return sample_zip("flatten", "middling")


@pytest.fixture
def client(service: Service) -> Iterator[TestClient]:
    """Of an installation that fetches repositories below one address."""
    ci = Ci(repositories="https://git.example.com/hiring/")
    fetching = replace(service, settings=service.settings.model_copy(update={"ci": ci}))
    with TestClient(create_app(fetching), base_url="http://127.0.0.1:8000", follow_redirects=False) as made:
        yield made


@pytest.fixture
def pipeline(program: Callable[..., Program]) -> Program:
    return program(Scope.SUBMIT)


def rows(service: Service, table: type[Any]) -> int:
    with service.sessions() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_an_archive_is_a_submission_at_once(
    service: Service, pipeline: Program, flatten: Takehome, work: bytes
) -> None:
    answer = pipeline("POST", f"{ADDRESS}?take_home=flatten&label=build+7", content=work, headers=ZIP)

    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["state"], made["label"], made["repository"], made["problem"]) == (
        "queued",
        "build 7",
        None,
        "",
    )
    assert answer.headers["location"] == f"/api/v1/ci/submissions/{made['id']}"
    with service.sessions() as session:
        submission = session.get_one(Submission, uuid.UUID(made["id"]))
        assert (submission.source, submission.label) == ("ci", "build 7")
        assert service.blobs.get(submission.blob) == work


def test_a_form_says_in_its_fields_what_it_is_for(pipeline: Program, flatten: Takehome, work: bytes) -> None:
    fields = {"take_home": "flatten", "label": "ada"}
    answer = pipeline("POST", ADDRESS, files={"file": ("work.tar.gz", work)}, data=fields)

    assert answer.status_code == 201, answer.text
    assert answer.json()["label"] == "ada"


def test_a_repository_is_noted_and_its_id_is_that_of_the_submission_to_come(
    service: Service, pipeline: Program, flatten: Takehome
) -> None:
    answer = pipeline("POST", ADDRESS, json={"take_home": "flatten", "repository": REPOSITORY})

    assert answer.status_code == 202, answer.text
    made = answer.json()
    assert (made["state"], made["repository"]) == ("fetching", REPOSITORY)
    assert pipeline("GET", f"{ADDRESS}/{made['id']}").json() == made
    assert rows(service, Submission) == 0
    with service.sessions() as session:
        assert session.get_one(CiRequest, uuid.UUID(made["id"])).job_id is not None


def test_a_pipeline_submits_for_a_candidate_within_their_time_and_attempts(
    service: Service, clock: Clock, pipeline: Program, invited: Invited, work: bytes
) -> None:
    invitation, _ = invited(max_attempts=1, window_minutes=60)
    address = f"{ADDRESS}?invitation={invitation.id}"

    first = pipeline("POST", address, content=work, headers=ZIP)
    second = pipeline("POST", address, content=work, headers=ZIP)
    clock.advance(hours=2)
    late = pipeline("POST", ADDRESS, json={"invitation": str(invitation.id), "repository": REPOSITORY})

    assert (first.status_code, first.json()["take_home"]) == (201, "flatten")
    assert "attempts are used" in problem(second, 409)["detail"]
    assert "over" in problem(late, 410)["detail"]
    with service.sessions() as session:
        submission = session.get_one(Submission, uuid.UUID(first.json()["id"]))
        assert submission.candidate_id == invitation.candidate_id
        entry = session.scalar(select(Entry).where(Entry.action == "submission.received"))
        assert entry is not None
        assert (entry.actor_kind, entry.actor_name) == ("token", "a program")


def test_the_same_key_is_the_same_submission(
    service: Service, pipeline: Program, flatten: Takehome, work: bytes
) -> None:
    key = {**ZIP, "Idempotency-Key": "build-7"}
    sent = [pipeline("POST", f"{ADDRESS}?take_home=flatten", content=work, headers=key) for _ in range(2)]
    other = pipeline("POST", f"{ADDRESS}?take_home=flatten", content=work + b"x", headers=key)
    fetch = pipeline(
        "POST",
        ADDRESS,
        json={"take_home": "flatten", "repository": REPOSITORY},
        headers={"Idempotency-Key": "build-7"},
    )

    assert sent[0].json() == sent[1].json()
    assert rows(service, Submission) == 1
    assert "used for something else" in problem(other, 409)["detail"]
    problem(fetch, 409)


def test_only_the_token_that_asked_may_follow(
    program: Callable[..., Program], pipeline: Program, admin: Program, flatten: Takehome, work: bytes
) -> None:
    """A token in a candidate's pipeline can be read by the candidate: it must open nobody else's work."""
    made = pipeline("POST", f"{ADDRESS}?take_home=flatten", content=work, headers=ZIP).json()
    with_read = program(Scope.READ)

    assert pipeline("GET", f"{ADDRESS}/{made['id']}").status_code == 200
    assert admin("GET", f"{ADDRESS}/{made['id']}").status_code == 200
    problem(program(Scope.SUBMIT, Scope.INVITE)("GET", f"{ADDRESS}/{made['id']}"), 404)
    problem(with_read("GET", f"{ADDRESS}/{made['id']}"), 403)
    problem(pipeline("GET", f"/submissions/{made['id']}"), 403)
    assert with_read("GET", f"/submissions/{made['id']}").status_code == 200


def test_the_report_for_a_pipeline_has_no_hidden_text(
    service: Service, pipeline: Program, flatten: Takehome, work: bytes
) -> None:
    made = pipeline("POST", f"{ADDRESS}?take_home=flatten", content=work, headers=ZIP).json()
    path = f"{ADDRESS}/{made['id']}"
    assert problem(pipeline("GET", f"{path}/report"), 404)["state"] == "queued"
    with service.sessions() as session:
        suite = session.get_one(Submission, uuid.UUID(made["id"])).suite_id
    unpacked = Shelf(service.blobs, service.settings.data / "takehomes")
    grade_submission(service, unpacked, Recorded("flatten-middling"), uuid.UUID(made["id"]), suite, "tests")

    done = pipeline("GET", path)
    reports = [pipeline("GET", f"{path}/report?format={name}").text for name in ("json", "junit", "sarif")]

    assert done.json()["state"] == "graded"
    assert 0 < done.json()["score"]["share"] < 1
    assert "band" not in done.text
    assert all("test_flatten_hidden" not in report for report in reports)
    assert json.loads(reports[0])["outcome"] == "graded"
    unchanged = pipeline("GET", path, headers={"If-None-Match": done.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")


REFUSED: list[tuple[str, dict[str, Any], int, str]] = [
    ("", {"json": {"take_home": "flatten"}}, 422, "repository"),
    ("", {"json": {"repository": REPOSITORY}}, 422, "take-home or an invitation"),
    ("", {"json": {"take_home": "nothing", "repository": REPOSITORY}}, 422, "no take-home"),
    ("", {"json": {"invitation": str(uuid.uuid4()), "repository": REPOSITORY}}, 422, "no such invitation"),
    (
        "",
        {"json": {"take_home": "flatten", "repository": {**REPOSITORY, "url": "https://x.example/a"}}},
        422,
        "list",
    ),
    ("", {"json": {"take_home": "flatten", "repository": {**REPOSITORY, "commit": "main"}}}, 422, "commit"),
    ("", {"json": {"take_home": "flatten", "repository": {**REPOSITORY, "ref": "-x"}}}, 422, "ref"),
    ("", {"json": {"take_home": "flatten", "level": "x", "repository": REPOSITORY}}, 422, "level"),
    ("", {"json": {"take_home": "flatten", "repositroy": REPOSITORY}}, 422, "repositroy"),
    ("", {"content": b"{", "headers": {"Content-Type": "application/json"}}, 422, "body"),
    ("", {"content": b'"\\ud800"', "headers": {"Content-Type": "application/json"}}, 422, "body"),
    ("", {"content": b"[" * 9999, "headers": {"Content-Type": "application/json"}}, 422, "body"),
    ("", {"content": b" " * 70_000, "headers": {"Content-Type": "application/json"}}, 413, "larger"),
    ("?take_home=flatten", {"json": {"take_home": "flatten", "repository": REPOSITORY}}, 422, "query"),
    ("?take_home=flatten", {"content": b"", "headers": ZIP}, 422, "empty"),
    ("?take_home=flatten", {"content": b"x", "headers": {"Content-Type": "text/plain"}}, 415, "Send one of"),
    ("?takehome=flatten", {"content": b"x", "headers": ZIP}, 422, "no such parameter"),
    ("", {"files": {"file": ("a.zip", b"x")}, "data": {"surprise": "1"}}, 422, "surprise"),
    ("", {"files": {"file": ("a.zip", b"x")}, "data": {"take_home": "a\0b"}}, 422, "NUL"),
    (
        "",
        {"data": {"take_home": "flatten"}, "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
        422,
        "form",
    ),
]


def test_what_cannot_be_taken_is_refused_with_the_reason(
    service: Service, pipeline: Program, flatten: Takehome
) -> None:
    for query, options, status, words in REFUSED:
        assert words in problem(pipeline("POST", ADDRESS + query, **options), status)["detail"], options
    assert rows(service, CiRequest) == 0


def signed(client: TestClient, connection: object, body: bytes, headers: dict[str, str]) -> httpx2.Response:
    return client.post(f"/api/v1{ADDRESS}?connection={connection}", content=body, headers=headers)


def test_a_signed_request_needs_no_token_and_its_replay_is_the_same_submission(
    service: Service, client: TestClient, flatten: Takehome
) -> None:
    """Whoever copies a signed request from the wire and sends it again within five minutes gains nothing."""
    pipeline = connect(service)
    body = json.dumps({"take_home": "flatten", "label": "ada", "repository": REPOSITORY})
    headers = pipeline.headers(body, service.now())

    answers = [signed(client, pipeline.id, body.encode(), headers) for _ in range(3)]
    changed = body.replace("main", "other")
    forged = signed(client, pipeline.id, changed.encode(), headers)
    other = signed(client, pipeline.id, changed.encode(), pipeline.headers(changed, service.now(), "msg_2"))

    assert [answer.status_code for answer in answers] == [202, 202, 202]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert "secret" in problem(forged, 401)["detail"]
    assert other.status_code == 202
    assert rows(service, CiRequest) == 2
    with service.sessions() as session:
        assert session.get_one(CiConnection, pipeline.id).last_used_at == service.now()


def test_a_signed_form_carries_an_archive(service: Service, client: TestClient, flatten: Takehome) -> None:
    """Of one Python file here: the public library signs text."""
    pipeline = connect(service, flatten)
    head = 'Content-Disposition: form-data; name="file"; filename="flatten.py"'
    body = f"--x\r\n{head}\r\n\r\ndef flatten(): ...\r\n--x--\r\n"
    headers = {
        **pipeline.headers(body, service.now()),
        "content-type": "multipart/form-data; boundary=x",
    }

    answer = signed(client, pipeline.id, body.encode(), headers)

    assert (answer.status_code, answer.json()["take_home"]) == (201, "flatten")


def test_a_connection_of_one_take_home_sends_to_no_other(
    service: Service, client: TestClient, flatten: Takehome, admin: Program, invited: Invited
) -> None:
    with service.sessions.begin() as session:
        files = files_of(shelf() / "retry")
        other, _, _ = publish(
            session, service.blobs, files, TESTER, service.now(), queue=service.queue, waive="a test"
        )
    pipeline = connect(service, other)
    invitation, _ = invited()
    for number, what in enumerate(({"take_home": "flatten"}, {"invitation": str(invitation.id)})):
        body = json.dumps({**what, "repository": REPOSITORY})
        headers = pipeline.headers(body, service.now(), f"msg_{number}")
        assert "may not send" in problem(signed(client, pipeline.id, body.encode(), headers), 422)["detail"]


def test_what_is_not_signed_right_is_refused_before_anything_is_read(
    service: Service, client: TestClient, clock: Clock, flatten: Takehome
) -> None:
    pipeline = connect(service)
    body = json.dumps({"take_home": "flatten", "repository": REPOSITORY})
    headers = pipeline.headers(body, service.now())
    raw = {**headers, "content-type": "application/zip"}
    address = f"/api/v1{ADDRESS}"

    problem(client.post(address, content=body, headers=headers), 401)
    problem(signed(client, uuid.uuid4(), body.encode(), headers), 401)
    problem(signed(client, pipeline.id, body.encode(), {"content-type": "application/json"}), 401)
    problem(signed(client, pipeline.id, b"PK", raw), 415)
    problem(signed(client, pipeline.id, body.encode(), {**headers, "Idempotency-Key": "x"}), 422)
    problem(signed(client, f"{pipeline.id}&take_home=flatten", body.encode(), headers), 422)
    clock.advance(minutes=6)
    problem(signed(client, pipeline.id, body.encode(), headers), 401)
    assert rows(service, CiRequest) == 0


def test_connections_are_made_rotated_and_revoked(
    service: Service, client: TestClient, admin: Program, flatten: Takehome, clock: Clock
) -> None:
    made = admin("POST", "/ci/connections", json={"name": "nightly", "take_home": "flatten"})
    assert made.status_code == 201, made.text
    path = f"/ci/connections/{made.json()['id']}"
    rotated = admin("POST", f"{path}/rotate", json={"old_signs_hours": 24}).json()
    body = json.dumps({"repository": REPOSITORY})

    def status(secret: str, message_id: str) -> int:
        headers = Pipeline(uuid.UUID(made.json()["id"]), secret).headers(body, service.now(), message_id)
        return signed(client, made.json()["id"], body.encode(), headers).status_code

    assert [status(made.json()["secret"], "a"), status(rotated["secret"], "b")] == [202, 202]
    clock.advance(hours=25)
    assert [status(made.json()["secret"], "c"), status(rotated["secret"], "d")] == [401, 202]
    listed = admin("GET", "/ci/connections").json()
    assert [one["name"] for one in listed] == ["nightly"]
    assert "secret" not in listed[0]
    assert admin("DELETE", path).status_code == 204
    assert status(rotated["secret"], "e") == 401
    assert admin("GET", "/ci/connections").json() == []
    problem(admin("POST", f"{path}/rotate", json={}), 404)


def test_too_many_requests_of_one_pipeline_are_put_off(
    service: Service, client: TestClient, pipeline: Program, flatten: Takehome
) -> None:
    bounds = service.settings.bounds.model_copy(update={"uploads_per_hour": 2})
    settings = service.settings.model_copy(
        update={"bounds": bounds, "ci": Ci(repositories="https://git.example.com/hiring/")}
    )
    with TestClient(
        create_app(replace(service, settings=settings)), base_url="http://127.0.0.1:8000"
    ) as strict:
        sender = Program(strict, pipeline.token, pipeline.user)
        answers = [
            sender("POST", ADDRESS, json={"take_home": "flatten", "repository": REPOSITORY}) for _ in range(3)
        ]

    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert int(answers[2].headers["retry-after"]) > 0
