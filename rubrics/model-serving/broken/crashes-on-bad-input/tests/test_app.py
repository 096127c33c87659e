"""Tests of the service, through HTTP but without a server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

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


def test_batch_gives_what_single_predictions_give(client: TestClient) -> None:
    given = [{name: value + shift for name, value in GIVEN.items()} for shift in range(5)]
    alone = [client.post("/predict", json={"instance": each}).json() for each in given]
    assert client.post("/predict/batch", json={"instances": given}).json() == {"predictions": alone}


@pytest.mark.parametrize(("count", "status"), [(0, 422), (1, 200), (256, 200), (257, 422)])
def test_size_of_a_batch(client: TestClient, count: int, status: int) -> None:
    assert client.post("/predict/batch", json={"instances": [GIVEN] * count}).status_code == status


def test_bad_instance_of_a_batch_is_named(client: TestClient) -> None:
    answer = client.post("/predict/batch", json={"instances": [GIVEN, GIVEN, {"ash": 1.0}]})
    assert answer.status_code == 422
    assert answer.json()["error"].startswith("instances.2: feature")


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
