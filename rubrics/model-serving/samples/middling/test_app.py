from fastapi.testclient import TestClient

from app import app, model

client = TestClient(app)


def test_health():
    assert client.get("/health").status_code == 200


def test_predict():
    instance = {f["name"]: f["mean"] for f in model["features"]}
    res = client.post("/predict", json={"instance": instance})
    assert res.json()["label"] in model["labels"]
