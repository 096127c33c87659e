from fastapi.testclient import TestClient

from app import app

client = TestClient(app)


def test_create():
    response = client.post("/items", json={"sku": "A", "name": "a", "category": "c", "quantity": 2})
    assert response.status_code == 201


def test_get():
    assert client.get("/items/A").json()["quantity"] == 2


def test_reserve():
    assert client.post("/items/A/reservations", json={"quantity": 2}).status_code == 201
    assert client.post("/items/A/reservations", json={"quantity": 2}).status_code == 409


def test_not_found():
    assert client.get("/items/B").status_code == 404
