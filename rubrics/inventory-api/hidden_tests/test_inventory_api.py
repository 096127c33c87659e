"""Hidden suite of inventory-api: one server for all tests, so each test uses SKUs of its own."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest


def unique_sku():
    return f"T-{uuid4().hex[:12].upper()}"


def item(**fields):
    return {"sku": unique_sku(), "name": "Green tea", "category": "drinks", "quantity": 12} | fields


@pytest.fixture
def stored(client):
    """Create an item over HTTP; gives it back."""

    def create(**fields):
        new = item(**fields)
        answer = client.post("/items", json=new)
        assert answer.status_code == 201, answer.text
        return new

    return create


@pytest.fixture
def quantity(client):
    """Ask how many of an item are left."""
    return lambda sku: client.get(f"/items/{sku}").json()["quantity"]


@pytest.fixture
def reserve(client):
    """Ask for a reservation; gives the answer."""

    def post(sku, amount, key=None):
        headers = {} if key is None else {"Idempotency-Key": key}
        return client.post(f"/items/{sku}/reservations", json={"quantity": amount}, headers=headers)

    return post


def assert_refused(answer, *statuses):
    assert answer.status_code in statuses, answer.text


# Items


@pytest.mark.criterion("items")
def test_service_is_healthy(client):
    answer = client.get("/health")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.criterion("items")
def test_item_is_created_and_found_again(client):
    new = item(name="Grüner Tee", quantity=0)

    created = client.post("/items", json=new)
    found = client.get(f"/items/{new['sku']}")

    assert (created.status_code, created.json()) == (201, new)
    assert (found.status_code, found.json()) == (200, new)


@pytest.mark.criterion("items")
def test_taken_sku_is_a_conflict(client, stored):
    first = stored(name="First")

    assert_refused(client.post("/items", json=first | {"name": "Second"}), 409)
    assert client.get(f"/items/{first['sku']}").json() == first


@pytest.mark.criterion("items")
def test_patch_changes_what_it_names(client, stored):
    before = stored()

    renamed = client.patch(f"/items/{before['sku']}", json={"name": "Black tea"})
    emptied = client.patch(f"/items/{before['sku']}", json={"quantity": 0, "category": "sold out"})

    assert (renamed.status_code, renamed.json()) == (200, before | {"name": "Black tea"})
    after = before | {"name": "Black tea", "quantity": 0, "category": "sold out"}
    assert (emptied.status_code, emptied.json()) == (200, after)
    assert client.get(f"/items/{before['sku']}").json() == after


@pytest.mark.criterion("items")
def test_deleted_item_is_gone_and_its_sku_is_free(client, stored):
    old = stored()

    deleted = client.delete(f"/items/{old['sku']}")

    assert (deleted.status_code, deleted.content) == (204, b"")
    assert client.get(f"/items/{old['sku']}").status_code == 404
    assert client.post("/items", json=old).status_code == 201


@pytest.mark.criterion("items")
def test_unknown_item_is_not_found(client):
    path = f"/items/{unique_sku()}"

    assert_refused(client.get(path), 404)
    assert_refused(client.patch(path, json={"name": "Tea"}), 404)
    assert_refused(client.delete(path), 404)
    assert_refused(client.post(f"{path}/reservations", json={"quantity": 1}), 404)


# Lists


@pytest.fixture
def shelf(stored):
    """A category of its own with 23 items, sorted by SKU; they are created in another order."""
    category = f"shelf {uuid4().hex}"
    prefix = unique_sku()
    items = {}
    for number in [*range(22, -1, -2), *range(1, 22, 2)]:
        items[number] = stored(sku=f"{prefix}-{number:02}", category=category)
    return category, [items[number] for number in range(23)]


@pytest.mark.criterion("lists")
def test_list_is_filtered_sorted_and_counted(client, shelf, stored):
    category, items = shelf
    stored(category=f"{category} too")

    answer = client.get("/items", params={"category": category, "limit": 100})

    assert (answer.status_code, answer.json()) == (200, {"items": items, "total": 23})
    nothing = client.get("/items", params={"category": uuid4().hex})
    assert (nothing.status_code, nothing.json()) == (200, {"items": [], "total": 0})


@pytest.mark.criterion("lists")
def test_pages_have_20_items_or_as_many_as_asked_for(client, shelf):
    category, items = shelf

    def page(offset):
        return client.get("/items", params={"category": category, "limit": 10, "offset": offset}).json()

    assert client.get("/items", params={"category": category}).json() == {"items": items[:20], "total": 23}
    assert page(0) == {"items": items[:10], "total": 23}
    assert page(10) == {"items": items[10:20], "total": 23}
    assert page(20) == {"items": items[20:], "total": 23}
    assert page(23) == {"items": [], "total": 23}


@pytest.mark.criterion("lists")
@pytest.mark.parametrize(
    "queries", [["limit=0", "limit=101", "limit=ten"], ["offset=-1", "offset=1.5"]], ids=["limit", "offset"]
)
def test_impossible_page_is_refused(client, queries):
    for query in queries:
        assert_refused(client.get(f"/items?{query}"), 400, 422)


# Reservations


@pytest.mark.criterion("reservations")
def test_reservation_takes_from_the_stock(stored, reserve, quantity):
    sku = stored(quantity=3)["sku"]

    first, second = reserve(sku, 1), reserve(sku, 2)

    assert (first.status_code, second.status_code) == (201, 201)
    assert (second.json()["sku"], second.json()["quantity"]) == (sku, 2)
    assert first.json()["id"] != second.json()["id"]
    assert quantity(sku) == 0


@pytest.mark.criterion("reservations")
def test_more_than_there_is_is_a_conflict(stored, reserve, quantity):
    sku = stored(quantity=3)["sku"]

    assert_refused(reserve(sku, 4), 409)
    assert quantity(sku) == 3
    assert reserve(sku, 3).status_code == 201
    assert_refused(reserve(sku, 1), 409)
    assert quantity(sku) == 0


@pytest.mark.criterion("reservations")
def test_simultaneous_reservations_never_oversell(stored, reserve, quantity):
    sku = stored(quantity=3)["sku"]

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: reserve(sku, 1), range(12)))

    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [409] * 9
    made = [answer.json()["id"] for answer in answers if answer.status_code == 201]
    assert len(set(made)) == 3
    assert quantity(sku) == 0


@pytest.mark.criterion("reservations")
def test_repeated_key_gets_the_same_answer_once(stored, reserve, quantity):
    sku, key = stored(quantity=5)["sku"], uuid4().hex

    first, again = reserve(sku, 4, key), reserve(sku, 4, key)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert quantity(sku) == 1
    assert reserve(sku, 1, uuid4().hex).json()["id"] != first.json()["id"]


@pytest.mark.criterion("reservations")
def test_key_of_another_reservation_is_a_conflict(stored, reserve, quantity):
    sku, other, key = stored()["sku"], stored()["sku"], uuid4().hex
    reserve(sku, 2, key)

    assert_refused(reserve(sku, 3, key), 409)
    assert_refused(reserve(other, 2, key), 409)
    assert (quantity(sku), quantity(other)) == (10, 12)


@pytest.mark.criterion("reservations")
def test_refused_reservation_is_not_remembered(client, stored, reserve):
    sku, key = stored(quantity=1)["sku"], uuid4().hex

    assert_refused(reserve(sku, 2, key), 409)
    client.patch(f"/items/{sku}", json={"quantity": 2})
    assert reserve(sku, 2, key).status_code == 201


# Bad requests

BAD_ITEMS = {
    "missing field": [{"name": None}, {"sku": None}, {"category": None}, {"quantity": None}],
    "unknown field": [{"price": 3}],
    "quantity": [{"quantity": -1}, {"quantity": 1.5}, {"quantity": "3"}, {"quantity": True}],
    "sku": [{"sku": ""}, {"sku": "tea"}, {"sku": "TEA 1"}, {"sku": "T" * 41}, {"sku": 7}],
    "name": [{"name": ""}, {"name": "x" * 101}, {"name": ["tea"]}],
    "category": [{"category": ""}, {"category": "x" * 101}, {"category": 1}],
}


@pytest.mark.criterion("bad-requests")
@pytest.mark.parametrize("kind", BAD_ITEMS)
def test_item_that_breaks_a_rule_is_refused(client, kind):
    for change in BAD_ITEMS[kind]:
        new = item(category=uuid4().hex) | change
        body = {name: value for name, value in new.items() if value is not None}

        assert_refused(client.post("/items", json=body), 400, 422)
        if "category" not in change:
            assert client.get("/items", params={"category": new["category"]}).json()["total"] == 0


@pytest.mark.criterion("bad-requests")
def test_patch_that_breaks_a_rule_changes_nothing(client, stored):
    before = stored()
    path = f"/items/{before['sku']}"

    changes = [{}, {"sku": unique_sku()}, {"quantity": -1}, {"name": "", "quantity": 5}, {"color": "green"}]
    for change in changes:
        assert_refused(client.patch(path, json=change), 400, 422)
    assert client.get(path).json() == before


@pytest.mark.criterion("bad-requests")
@pytest.mark.parametrize("amounts", [[0, -1], [1.5, "1", True, None]], ids=["below 1", "no whole number"])
def test_reservation_of_no_possible_quantity_is_refused(stored, reserve, quantity, amounts):
    sku = stored()["sku"]

    for amount in amounts:
        assert_refused(reserve(sku, amount), 400, 422)
    assert quantity(sku) == 12


@pytest.mark.criterion("bad-requests")
@pytest.mark.parametrize(
    "bodies",
    [[b"", b'{"sku": "TEA', b"\xff\xfe\x00"], [b"[]", b'"tea"', b"null"]],
    ids=["no JSON", "no object"],
)
def test_body_that_is_no_json_object_is_refused(client, stored, bodies):
    headers = {"Content-Type": "application/json"}
    known = stored()
    path = f"/items/{known['sku']}"

    for body in bodies:
        assert_refused(client.post("/items", content=body, headers=headers), 400, 422)
        assert_refused(client.patch(path, content=body, headers=headers), 400, 422)
        assert_refused(client.post(f"{path}/reservations", content=body, headers=headers), 400, 422)
    assert client.get(path).json() == known


@pytest.mark.criterion("bad-requests")
def test_unknown_path_and_method_are_refused(client):
    assert_refused(client.get(f"/{uuid4().hex}"), 404)
    assert_refused(client.post(f"/{uuid4().hex}", json={}), 404)
    assert_refused(client.put("/items", json={}), 405)
    assert_refused(client.delete("/health"), 405)


def assert_says_why(answer):
    """Every error is a JSON object with a text under `error`."""
    assert 400 <= answer.status_code < 500, answer.text
    body = answer.json()
    assert isinstance(body, dict)
    assert isinstance(body.get("error"), str)
    assert body["error"].strip()


@pytest.mark.criterion("bad-requests")
def test_refusal_of_a_sound_request_says_why(client, stored, reserve):
    known = stored()

    assert_says_why(client.get(f"/items/{unique_sku()}"))
    assert_says_why(reserve(unique_sku(), 1))
    assert_says_why(reserve(known["sku"], 13))
    assert_says_why(client.post("/items", json=known))


@pytest.mark.criterion("bad-requests")
def test_refusal_of_a_bad_request_says_why(client, stored, reserve):
    known = stored()

    assert_says_why(client.post("/items", json={}))
    assert_says_why(client.post("/items", content=b"{", headers={"Content-Type": "application/json"}))
    assert_says_why(client.patch(f"/items/{known['sku']}", json={"quantity": -1}))
    assert_says_why(reserve(known["sku"], 0))
    assert_says_why(client.get("/items?limit=0"))


@pytest.mark.criterion("bad-requests")
def test_refusal_of_an_unknown_path_or_method_says_why(client):
    assert_says_why(client.get(f"/{uuid4().hex}"))
    assert_says_why(client.put("/items", json={}))
