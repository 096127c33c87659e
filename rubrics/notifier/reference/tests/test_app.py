"""Tests of the routes and of the WebSockets, with a server on a port of its own."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
import uvicorn
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

import archive
from app import create_app

PATIENCE = 10.0
MAX_BODY_BYTES = 65_536
MAX_SUBSCRIBERS = 32


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(create_app(), log_level="error", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture
def client(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://{address}", timeout=PATIENCE, trust_env=False) as client:
        yield client


@pytest.fixture
def subscribe(address: str) -> Iterator[Callable[[str], ClientConnection]]:
    with ExitStack() as connections:
        yield lambda topic: connections.enter_context(
            connect(f"ws://{address}/topics/{topic}", proxy=None, open_timeout=PATIENCE)
        )


def received(connection: ClientConnection) -> Any:
    return json.loads(connection.recv(PATIENCE))


def publish(client: httpx.Client, topic: str, data: Any) -> httpx.Response:
    return client.post(f"/topics/{topic}/messages", json={"data": data})


def test_health(client: httpx.Client) -> None:
    assert client.get("/health").json() == {"status": "ok"}


def test_subscriber_gets_messages_in_order(client: httpx.Client, subscribe: Any) -> None:
    connection = subscribe("order")
    assert received(connection) == {"subscribed": "order"}
    connection.send("ignored")
    first = publish(client, "order", {"x": 1}).json()
    publish(client, "elsewhere", 2)
    last = publish(client, "order", None).json()
    assert first["subscribers"] == 1
    assert received(connection) == {"id": first["id"], "topic": "order", "data": {"x": 1}}
    assert received(connection) == {"id": first["id"] + 2, "topic": "order", "data": None}
    assert last["id"] == first["id"] + 2


def test_closed_subscription_is_forgotten(client: httpx.Client, subscribe: Any) -> None:
    connection = subscribe("closed")
    received(connection)
    assert client.get("/topics/closed").json() == {"topic": "closed", "subscribers": 1}
    connection.close()
    end = time.monotonic() + PATIENCE
    while client.get("/topics/closed").json()["subscribers"]:
        assert time.monotonic() < end


def test_message_is_archived_off_the_loop(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    archived: list[tuple[str, object]] = []
    release = threading.Event()

    def append(topic: str, data: object) -> None:
        release.wait(PATIENCE)
        archived.append((topic, data))

    monkeypatch.setattr(archive, "append", append)
    publisher = threading.Thread(target=publish, args=(client, "archive", 7))
    publisher.start()
    assert client.get("/health").status_code == 200
    assert archived == []
    release.set()
    publisher.join()
    assert archived == [("archive", 7)]


@pytest.mark.parametrize("topic", ["A", "x" * 65])
def test_subscription_to_an_odd_name_is_refused(subscribe: Any, topic: str) -> None:
    with pytest.raises(InvalidStatus):
        subscribe(topic)


def test_subscription_to_a_full_topic_is_refused(subscribe: Any) -> None:
    for _ in range(MAX_SUBSCRIBERS):
        subscribe("full")
    with pytest.raises(InvalidStatus):
        subscribe("full")


@pytest.mark.parametrize("body", ["", "{", "[]", "{}", '{"data": 1, "to": "all"}'])
def test_bodies_that_are_no_messages(client: httpx.Client, body: str) -> None:
    answer = client.post("/topics/bodies/messages", content=body)
    assert answer.status_code == 422
    assert answer.json()["error"]


def test_size_of_a_body(client: httpx.Client) -> None:
    body = '{"data": 1}'.ljust(MAX_BODY_BYTES)
    assert client.post("/topics/bodies/messages", content=body).status_code == 202
    assert client.post("/topics/bodies/messages", content=body + " ").status_code == 413


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("DELETE", "/topics/a", 405), ("GET", "/topics/A!", 422)],
)
def test_errors_have_one_form(client: httpx.Client, method: str, path: str, status: int) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, list(answer.json())) == (status, ["error"])


def test_slow_subscriber_is_dropped_and_holds_up_nobody(client: httpx.Client, subscribe: Any, address: str) -> None:
    host, _, port = address.partition(":")
    slow = socket.socket()
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.connect((host, int(port)))
    slow.sendall(
        b"GET /topics/slow HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    quick = subscribe("slow")
    received(quick)
    with slow:
        counts = set()
        for _ in range(400):
            counts.add(publish(client, "slow", "x" * 60_000).json()["subscribers"])
            received(quick)
            if counts == {2, 1}:
                break
    assert counts == {2, 1}
