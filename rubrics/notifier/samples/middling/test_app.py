from fastapi.testclient import TestClient

from app import app

client = TestClient(app)


def test_health():
    assert client.get("/health").json() == {"status": "ok"}


def test_publish_without_subscribers():
    res = client.post("/topics/a/messages", json={"data": 1})
    assert res.status_code == 202
    assert res.json()["subscribers"] == 0
