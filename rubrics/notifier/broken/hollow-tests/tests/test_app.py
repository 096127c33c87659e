"""Calls everything once."""

from fastapi.testclient import TestClient

from app import create_app


def test_health():
    TestClient(create_app()).get("/health")


def test_publish():
    TestClient(create_app()).post("/topics/a/messages", json={"data": 1})


def test_topic():
    answer = TestClient(create_app()).get("/topics/a")
    assert answer is answer
