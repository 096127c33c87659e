"""What is written to the log, and above all what is not."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from fastapi import APIRouter, Request
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from api.accounts.people import entry_link
from api.accounts.tables import Role, User
from api.http.app import create_app
from api.invitations.tables import Invitation
from api.logs import QUIET, set_up_logs
from api.service import Service
from api.tokens import API, ENTRY, INVITATION, SESSION, make_token
from tests.api.conftest import PASSWORD, People

SECRET = "opensesame-7f3a"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What is logged as JSON from here on."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in QUIET}
    stream = io.StringIO()
    set_up_logs("json", "debug", stream)
    yield stream
    root.handlers[:], root.level = handlers, level
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)
    structlog.reset_defaults()


def events(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_an_event_is_one_line_of_json_with_level_time_and_logger(log: io.StringIO) -> None:
    structlog.get_logger("api.x").info("graded", points=7, name="a\nb\x1b[31m")

    (event,) = events(log)
    assert event["event"] == "graded"
    assert (event["level"], event["logger"], event["points"]) == ("info", "api.x", 7)
    assert event["timestamp"].endswith("Z")
    assert "\x1b" not in log.getvalue()


def test_loggers_of_the_standard_library_take_the_same_way(log: io.StringIO) -> None:
    structlog.contextvars.bind_contextvars(request_id="abc")
    logging.getLogger("somebody.else").warning("it is %s", "late")
    structlog.contextvars.clear_contextvars()

    (event,) = events(log)
    assert (event["event"], event["logger"], event["level"]) == ("it is late", "somebody.else", "warning")
    assert event["request_id"] == "abc"


def test_libraries_that_write_arguments_and_addresses_are_quiet(log: io.StringIO) -> None:
    for name in ("uvicorn.access", "procrastinate.worker", "httpx2", "sqlalchemy.engine.Engine"):
        logging.getLogger(name).info("GET /i/%s", SECRET)

    assert log.getvalue() == ""


@pytest.mark.parametrize("form", ["json", "console"])
def test_an_exception_is_written_without_local_variables(log: io.StringIO, form: str) -> None:
    set_up_logs(form, "info", log)

    def sign_in(password: str, cookies: dict[str, str]) -> None:
        body = f"password={password}"
        raise RuntimeError("the provider hung up") from ValueError(len(body) + len(cookies))

    for logger in (structlog.get_logger("ours"), logging.getLogger("theirs")):
        try:
            sign_in(SECRET, {"session": SECRET})
        except RuntimeError:
            logger.exception("sign-in broke")

    written = log.getvalue()
    assert written.count("the provider hung up") >= 2
    assert "in sign_in" in written or '"name": "sign_in"' in written
    assert SECRET not in written


@pytest.mark.parametrize("kind", [INVITATION, SESSION, ENTRY, API])
@pytest.mark.parametrize("form", ["json", "console"])
def test_tokens_are_starred_wherever_they_stand(log: io.StringIO, kind: str, form: str) -> None:
    set_up_logs(form, "info", log)
    token = make_token(kind)

    structlog.get_logger().info(f"at /i/{token}", deep={"list": [f"Bearer {token}"]})
    logging.getLogger("x").error("no %s", token)
    logging.getLogger("x").error("GET /sign-in?next=%%2Fi%%2F%s", token)
    try:
        raise LookupError(token)
    except LookupError:
        structlog.get_logger().exception("not found")

    assert token[4:] not in log.getvalue()
    assert log.getvalue().count(f"{kind}_*") >= 4


def test_values_that_messages_quote_are_starred(log: io.StringIO, service: Service) -> None:
    statement = text("INSERT INTO throttles (key, window_ends_at, count) VALUES (:key, now(), 1)")
    for _ in range(2):
        try:
            with service.sessions.begin() as session:
                session.execute(statement, {"key": SECRET})
        except IntegrityError:
            structlog.get_logger().exception("taken")
    try:
        service.settings.__class__(port=SECRET)  # type: ignore[arg-type]
    except ValueError:
        structlog.get_logger().exception("bad")
    structlog.get_logger().info("connecting", url=f"postgresql://grader:{SECRET}@db/grader")

    assert "duplicate key value" in log.getvalue()
    assert SECRET not in log.getvalue()
    assert "postgresql://grader:*@db/grader" in log.getvalue()


def test_a_long_value_is_cut(log: io.StringIO) -> None:
    structlog.get_logger().info("x" * 100_000)

    assert "80,000 more characters" in events(log)[0]["event"]


def test_the_console_shows_what_would_steer_it(log: io.StringIO) -> None:
    set_up_logs("console", "info", log)

    structlog.get_logger().info("uploaded", file="\x1b[2Jx.zip")
    logging.getLogger("x").warning("\x1b[31m")

    assert "\x1b" not in log.getvalue()
    assert "\\x1b[2Jx.zip" in log.getvalue()


def test_what_is_below_the_level_is_not_written(log: io.StringIO) -> None:
    set_up_logs("json", "warning", log)

    structlog.get_logger().info("hidden")
    logging.getLogger("x").info("hidden")

    assert log.getvalue() == ""


def test_an_unexpected_error_is_in_the_log_under_the_id_that_the_caller_saw(
    log: io.StringIO, service: Service
) -> None:
    app = create_app(service)
    router = APIRouter()

    @router.post("/api/broken")
    async def broken(request: Request) -> None:
        body = await request.body()
        raise RuntimeError(f"{len(body)} bytes broke it")

    app.include_router(router)
    with TestClient(app, raise_server_exceptions=False) as client:
        answer = client.post("/api/broken", content=SECRET, headers={"Cookie": f"session={SECRET}"})

    assert answer.status_code == 500
    said = next(event for event in events(log) if event["event"] == "unexpected error")
    assert said["request_id"] == answer.json()["error_id"]
    assert "bytes broke it" in json.dumps(said["exception"])
    assert SECRET not in log.getvalue()
    assert SECRET not in answer.text


def test_a_whole_journey_leaves_no_secret_in_the_log(
    log: io.StringIO,
    service: Service,
    client: TestClient,
    people: People,
    invited: Callable[..., tuple[Invitation, str]],
) -> None:
    user = people.sign_in(Role.ADMIN)
    _, invitation = invited(email="grace@example.com", name="Grace Hopper")
    with service.sessions.begin() as session:
        entry = entry_link(session, session.get_one(User, user.id), service.now())
    session_token = client.cookies["session"]
    client.post("/sign-in", data={"email": user.email, "password": "wrong " + SECRET})
    client.get(f"/enter/{entry}")
    client.post(f"/enter/{entry}", data={"password": SECRET + SECRET})
    client.get(f"/i/{invitation}")
    client.get(f"/nowhere?next=/i/{invitation}", headers={"Referer": f"http://x/i/{invitation}"})
    client.get("/api/v1/nowhere", headers={"Authorization": f"Bearer {make_token(API)}"})
    client.post("/sign-out")

    written = log.getvalue()
    secrets = [SECRET, PASSWORD, entry, invitation, session_token, user.email, "grace@example.com", "Hopper"]
    assert [secret for secret in secrets if secret in written] == []
    assert [event["path"] for event in events(log) if event["event"] == "request"].count("/enter/*") == 2
