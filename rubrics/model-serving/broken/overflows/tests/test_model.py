"""Tests of the model, without HTTP."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from model import InstanceError, Model, ModelError, load

COIN: dict[str, Any] = {
    "name": "coin",
    "version": "1",
    "features": [{"name": "weight", "mean": 2.0, "scale": 0.5}, {"name": "size", "mean": 0.0, "scale": 1.0}],
    "labels": ["real", "false"],
    "layers": [
        {"activation": "relu", "weights": [[1.0, 1.0], [-1.0, 0.0]], "biases": [0.0, 0.5]},
        {"activation": "softmax", "weights": [[1.0, 0.0], [0.0, 1.0]], "biases": [0.0, 0.0]},
    ],
}


def coin(**changes: Any) -> Model:
    return Model.model_validate_json(json.dumps(COIN | changes))


def test_prediction_by_hand() -> None:
    prediction = coin().predict({"weight": 2.5, "size": 0.0})  # hidden values: 1 and 0
    assert prediction.label == "real"
    assert prediction.probabilities == pytest.approx({"real": 0.7310585786, "false": 0.2689414214})


def test_first_label_wins_a_tie() -> None:
    assert coin().predict({"weight": 2.25, "size": -0.5}).probabilities == {"real": 0.5, "false": 0.5}
    assert coin().predict({"weight": 2.25, "size": -0.5}).label == "real"


@pytest.mark.parametrize(
    ("instance", "named"),
    [({"weight": 1.0}, "size"), ({"weight": 1.0, "size": 1.0, "colour": 1.0}, "colour")],
    ids=["missing", "unknown"],
)
def test_features_must_be_those_of_the_model(instance: dict[str, float], named: str) -> None:
    with pytest.raises(InstanceError, match=named):
        coin().predict(instance)


@pytest.mark.parametrize(
    "change",
    [
        {"labels": ["real"]},
        {"features": COIN["features"][:1]},
        {"layers": []},
        {"layers": [COIN["layers"][0] | {"biases": [0.0]}, COIN["layers"][1]]},
        {"layers": [COIN["layers"][0] | {"activation": "tanh"}, COIN["layers"][1]]},
        {"version": None},
    ],
    ids=["labels", "features", "no layers", "biases", "activation", "version"],
)
def test_models_that_do_not_fit_together_are_refused(change: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.write_text(json.dumps(COIN | change))
    with pytest.raises(ModelError, match="no model"):
        load(path)


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        load(tmp_path / "gone.json")


def test_given_model_loads() -> None:
    assert load(Path(__file__).parents[1] / "model.json").name == "tea-grade"
