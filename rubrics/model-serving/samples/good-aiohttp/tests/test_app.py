import asyncio

import pytest
from aiohttp.test_utils import TestClient, TestServer
from test_network import GIVEN, NETWORK

from app import NETWORK as KEY
from app import build


def ask(method, path, loaded=True, **options):
    async def scenario():
        app = build()
        if loaded:
            app[KEY].append(NETWORK)
        async with TestClient(TestServer(app)) as client:
            answer = await client.request(method, path, **options)
            return answer.status, await answer.json()

    return asyncio.run(scenario())


def test_health_and_readiness():
    assert ask("GET", "/health", loaded=False) == (200, {"status": "ok"})
    assert ask("GET", "/ready", loaded=False)[0] == 503
    assert ask("GET", "/ready") == (200, {"status": "ready", "model": "tea-grade", "version": "2026.1"})


def test_single_and_batch_agree():
    status, single = ask("POST", "/predict", json={"instance": GIVEN})
    assert status == 200
    assert ask("POST", "/predict/batch", json={"instances": [GIVEN, GIVEN]}) == (200, {"predictions": [single] * 2})


@pytest.mark.parametrize("count", [0, 257])
def test_sizes_of_batches(count):
    assert ask("POST", "/predict/batch", json={"instances": [GIVEN] * count})[0] == 422


def test_bad_instance_is_named():
    status, body = ask("POST", "/predict/batch", json={"instances": [GIVEN, {}]})
    assert status == 422
    assert body["error"].startswith("instance 1")


@pytest.mark.parametrize(
    ("method", "path", "data", "status"),
    [
        ("POST", "/predict", b"{", 422),
        ("POST", "/predict", b"[]", 422),
        ("POST", "/predict", b" " * (2**20 + 1), 413),
        ("GET", "/predict", None, 405),
        ("GET", "/nowhere", None, 404),
    ],
)
def test_errors(method, path, data, status):
    found, body = ask(method, path, data=data)
    assert found == status
    assert body["error"]
