"""Tests of the service, through HTTP but without a server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app import MAX_BODY_BYTES, Holder, create_app, serve
from model import load

MODEL = load(Path(__file__).parents[1] / "model.json")
GIVEN = {feature.name: feature.mean for feature in MODEL.features}


@pytest.fixture
def client() -> Iterator[TestClient]:
    holder = Holder()
    holder.model = MODEL
    with TestClient(create_app(holder), raise_server_exceptions=False) as client:
        yield client


def test_health_and_readiness_differ_while_loading() -> None:
    client = TestClient(create_app(Holder()))
    assert client.get("/health").json() == {"status": "ok"}
    assert client.get("/ready").status_code == 503
    assert client.post("/predict", json={"instance": GIVEN}).status_code == 503


def test_ready_names_the_model(client: TestClient) -> None:
    assert client.get("/ready").json() == {"status": "ready", "model": "tea-grade", "version": "2026.1"}


def test_prediction_is_that_of_the_model(client: TestClient) -> None:
    prediction = MODEL.predict(GIVEN)
    answer = client.post("/predict", json={"instance": GIVEN})
    assert answer.json() == {"label": prediction.label, "probabilities": prediction.probabilities}


def test_batch_gives_labels_in_order(client: TestClient) -> None:
    answer = client.post("/predict/batch", json={"instances": [GIVEN, GIVEN]})
    assert [each["label"] for each in answer.json()["predictions"]] == [MODEL.predict(GIVEN).label] * 2


@pytest.mark.parametrize(("count", "status"), [(0, 422), (1, 200), (256, 200), (257, 422)])
def test_size_of_a_batch(client: TestClient, count: int, status: int) -> None:
    assert client.post("/predict/batch", json={"instances": [GIVEN] * count}).status_code == status


def test_bad_instance_of_a_batch_is_named(client: TestClient) -> None:
    answer = client.post("/predict/batch", json={"instances": [GIVEN, GIVEN, {"ash": 1.0}]})
    assert answer.status_code == 422
    assert answer.json()["error"].startswith("instances.2: feature")


@pytest.mark.parametrize("value", ["3", True, None, 1_000_001, -1e300])
def test_values_out_of_bounds(client: TestClient, value: Any) -> None:
    answer = client.post("/predict", json={"instance": GIVEN | {"ash": value}})
    assert answer.status_code == 422
    assert "ash" in answer.json()["error"]


@pytest.mark.parametrize("body", ["", "{", "[]", "{}", '{"instance": 3}'])
def test_bodies_that_are_no_requests(client: TestClient, body: str) -> None:
    answer = client.post("/predict", content=body)
    assert answer.status_code == 422
    assert answer.json()["error"]


def test_size_of_a_body(client: TestClient) -> None:
    body = json.dumps({"instance": GIVEN}).ljust(MAX_BODY_BYTES)
    assert client.post("/predict", content=body).status_code == 200
    assert client.post("/predict", content=body + " ").status_code == 413


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nowhere", 404), ("GET", "/predict", 405)])
def test_errors_of_the_framework_have_our_form(client: TestClient, method: str, path: str, status: int) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, list(answer.json())) == (status, ["error"])


def test_model_that_cannot_be_used_ends_the_service(tmp_path: Path) -> None:
    assert asyncio.run(serve(tmp_path / "gone.json", port=0)) == 1
