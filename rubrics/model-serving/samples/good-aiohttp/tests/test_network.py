import json
from pathlib import Path

import pytest

from network import BadInstance, BadModel, load

FILE = Path(__file__).parents[1] / "model.json"
NETWORK = load(FILE)
GIVEN = {name: mean for name, (mean, _) in NETWORK.means.items()}


def test_probabilities_add_up():
    prediction = NETWORK.predict(GIVEN)
    assert sum(prediction["probabilities"].values()) == pytest.approx(1)
    assert prediction["label"] in NETWORK.labels


@pytest.mark.parametrize("value", [1e6, -1e6])
def test_extremes(value):
    assert sum(NETWORK.predict(dict.fromkeys(GIVEN, value))["probabilities"].values()) == pytest.approx(1)


@pytest.mark.parametrize("value", ["3", True, None, 1e7, float("nan")])
def test_bad_values(value):
    with pytest.raises(BadInstance, match="ash"):
        NETWORK.predict(GIVEN | {"ash": value})


def test_unknown_feature():
    with pytest.raises(BadInstance, match="colour"):
        NETWORK.predict(GIVEN | {"colour": 1})


def test_missing_feature():
    with pytest.raises(BadInstance, match="ash"):
        NETWORK.predict({name: value for name, value in GIVEN.items() if name != "ash"})


def test_not_an_object():
    with pytest.raises(BadInstance):
        NETWORK.predict([1])


@pytest.mark.parametrize("change", [{"labels": ["one"]}, {"features": []}, {"layers": 3}])
def test_bad_models(change, tmp_path):
    path = tmp_path / "model.json"
    path.write_text(json.dumps(json.loads(FILE.read_text()) | change))
    with pytest.raises(BadModel):
        load(path)


def test_no_model(tmp_path):
    with pytest.raises(BadModel):
        load(tmp_path / "none.json")
