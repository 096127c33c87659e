import asyncio

import pytest
from aiohttp import WSServerHandshakeError
from aiohttp.test_utils import TestClient, TestServer

from app import CHANNELS, build
from channels import LISTENERS


def within(scenario):
    async def run():
        async with TestClient(TestServer(build())) as client:
            return await asyncio.wait_for(scenario(client), 20)

    return asyncio.run(run())


def test_subscriber_gets_messages():
    async def scenario(client):
        async with client.ws_connect("/topics/a") as socket:
            greeting = await socket.receive_json()
            answer = await client.post("/topics/a/messages", json={"data": 1})
            return greeting, await answer.json(), await socket.receive_json()

    greeting, answer, message = within(scenario)
    assert greeting == {"subscribed": "a"}
    assert answer == {"id": 1, "subscribers": 1}
    assert message == {"id": 1, "topic": "a", "data": 1}


def test_leaving_is_noticed():
    async def scenario(client):
        async with client.ws_connect("/topics/a") as socket:
            await socket.receive_json()
        while client.app[CHANNELS].size("a"):
            await asyncio.sleep(0)
        return await (await client.get("/topics/a")).json()

    assert within(scenario) == {"topic": "a", "subscribers": 0}


def test_full_topic():
    async def scenario(client):
        for _ in range(LISTENERS):
            client.app[CHANNELS].join("a")
        with pytest.raises(WSServerHandshakeError) as refused:
            await client.ws_connect("/topics/a")
        return refused.value.status

    assert within(scenario) == 503


@pytest.mark.parametrize(
    ("method", "path", "data", "status"),
    [
        ("GET", "/health", None, 200),
        ("POST", "/topics/a/messages", b"{", 422),
        ("POST", "/topics/a/messages", b"{}", 422),
        ("POST", "/topics/a/messages", b" " * 70_000, 413),
        ("GET", "/topics/A", None, 422),
        ("DELETE", "/topics/a", None, 405),
        ("GET", "/nowhere", None, 404),
    ],
)
def test_statuses(method, path, data, status):
    async def scenario(client):
        answer = await client.request(method, path, data=data)
        return answer.status, await answer.json()

    found, body = within(scenario)
    assert found == status
    assert status == 200 or body["error"]
