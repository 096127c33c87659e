"""Tests of the HTTP side: routes, status codes and the form of errors."""

import pytest
from fastapi.testclient import TestClient

from app import create_app

TEA = {"sku": "TEA", "name": "Green tea", "category": "drinks", "quantity": 5}


@pytest.fixture
def client() -> TestClient:
    http = TestClient(create_app())
    http.post("/items", json=TEA)
    return http


def test_health(client: TestClient) -> None:
    assert client.get("/health").json() == {"status": "ok"}


def test_life_of_an_item(client: TestClient) -> None:
    created = client.post("/items", json=TEA | {"sku": "MILK"})
    changed = client.patch("/items/MILK", json={"quantity": 0})
    removed = client.delete("/items/MILK")

    assert (created.status_code, created.json()) == (201, TEA | {"sku": "MILK"})
    assert (changed.status_code, changed.json()["quantity"]) == (200, 0)
    assert (removed.status_code, removed.content) == (204, b"")
    assert client.get("/items/MILK").status_code == 404


def test_list_is_paged(client: TestClient) -> None:
    assert client.get("/items", params={"limit": 1}).json() == {"items": [TEA], "total": 1}
    assert client.get("/items", params={"offset": 1}).json() == {"items": [], "total": 1}


def test_reservation_with_key_can_be_repeated(client: TestClient) -> None:
    answers = [
        client.post("/items/TEA/reservations", json={"quantity": 2}, headers={"Idempotency-Key": "k"})
        for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert client.get("/items/TEA").json()["quantity"] == 3


def test_overselling_is_a_conflict(client: TestClient) -> None:
    answer = client.post("/items/TEA/reservations", json={"quantity": 6})

    assert answer.status_code == 409
    assert answer.json() == {"detail": "only 5 of 'TEA' in stock"}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/items", b"{"),
        ("POST", "/items", b"[]"),
        ("POST", "/items", b'{"sku": "tea", "name": "Tea", "category": "drinks", "quantity": 1}'),
        ("POST", "/items", b'{"sku": "T", "name": "Tea", "category": "drinks", "quantity": true}'),
        ("PATCH", "/items/TEA", b"{}"),
        ("PATCH", "/items/TEA", b'{"name": null}'),
        ("PATCH", "/items/TEA", b'{"sku": "T"}'),
        ("POST", "/items/TEA/reservations", b'{"quantity": 0}'),
        ("GET", "/items?limit=0", b""),
    ],
)
def test_bad_requests_say_what_is_wrong(client: TestClient, method: str, path: str, body: bytes) -> None:
    answer = client.request(method, path, content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 422
    assert answer.json()["detail"]
    assert client.get("/items").json() == {"items": [TEA], "total": 1}


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nowhere", 404), ("PUT", "/items", 405)])
def test_unknown_routes_are_answered_in_json(
    client: TestClient, method: str, path: str, status: int
) -> None:
    answer = client.request(method, path)

    assert answer.status_code == status
    assert answer.json()["detail"]
