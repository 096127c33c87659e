"""Tests of the service through Flask's test client."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from app import create_app
from stock import Item, Refused, Stock

TEA = {"sku": "TEA", "name": "Green tea", "category": "drinks", "quantity": 3}


@pytest.fixture
def client():
    client = create_app().test_client()
    assert client.post("/items", json=TEA).status_code == 201
    return client


def reserve(client, quantity, key=None):
    headers = {"Idempotency-Key": key} if key else {}
    return client.post("/items/TEA/reservations", json={"quantity": quantity}, headers=headers)


def test_health(client):
    assert client.get("/health").json == {"status": "ok"}


def test_get(client):
    assert client.get("/items/TEA").json == TEA


def test_taken(client):
    assert client.post("/items", json=TEA).status_code == 409


def test_change(client):
    assert client.patch("/items/TEA", json={"quantity": 9}).json == TEA | {"quantity": 9}


def test_remove(client):
    assert client.delete("/items/TEA").status_code == 204
    assert client.get("/items/TEA").status_code == 404


def test_list(client):
    client.post("/items", json=TEA | {"sku": "RYE", "category": "food"})
    assert [item["sku"] for item in client.get("/items").json["items"]] == ["RYE", "TEA"]
    assert client.get("/items?category=food").json["total"] == 1
    assert client.get("/items?limit=1&offset=1").json == {"items": [TEA], "total": 2}


def test_reserve(client):
    assert reserve(client, 2).status_code == 201
    assert reserve(client, 2).status_code == 409
    assert client.get("/items/TEA").json["quantity"] == 1


def test_reserve_with_key(client):
    assert reserve(client, 2, "k").json == reserve(client, 2, "k").json
    assert reserve(client, 1, "k").status_code == 409
    assert client.get("/items/TEA").json["quantity"] == 1


def test_no_oversell():
    stock = Stock()
    stock.add(Item("TEA", "Tea", "drinks", 5))

    def attempt(_):
        try:
            stock.reserve("TEA", 1, None)
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(50))) == 5


@pytest.mark.parametrize(
    "change", [{"sku": "tea"}, {"name": ""}, {"category": 1}, {"quantity": True}, {"quantity": -1}, {"color": "red"}]
)
def test_bad_item(client, change):
    answer = client.post("/items", json=TEA | {"sku": "NEW"} | change)
    assert answer.status_code == 400
    assert answer.json["error"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}"])
def test_bad_bodies(client, body):
    for answer in (client.post("/items", data=body), client.patch("/items/TEA", data=body)):
        assert answer.status_code == 400
        assert answer.json["error"]


def test_bad_page(client):
    assert client.get("/items?limit=0").status_code == 400


def test_unknown(client):
    assert client.get("/nothing").status_code == 404
    assert client.put("/items").json["error"]
