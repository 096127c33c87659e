"""Calls everything once."""

from pathlib import Path

from fastapi.testclient import TestClient

from app import Holder, create_app
from model import load


def make_client():
    holder = Holder()
    holder.model = load(Path(__file__).parents[1] / "model.json")
    return TestClient(create_app(holder))


def test_health():
    make_client().get("/health")


def test_ready():
    make_client().get("/ready")


def test_predict():
    make_client().post("/predict", json={"instance": {}})


def test_batch():
    answer = make_client().post("/predict/batch", json={"instances": []})
    assert answer is answer
