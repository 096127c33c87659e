import math
from operator import mul

from pydantic import BaseModel, ValidationError, model_validator


class ModelError(Exception):
    pass


class InstanceError(ValueError):
    pass


class Prediction:
    def __init__(self, label, probabilities):
        self.label = label
        self.probabilities = probabilities


class Thing1(BaseModel):
    name: str
    mean: float
    scale: float


class Thing2(BaseModel):
    activation: str
    weights: list[list[float]]
    biases: list[float]


class Model(BaseModel):
    name: str
    version: str
    features: list[Thing1]
    labels: list[str]
    layers: list[Thing2]

    @model_validator(mode="after")
    def check2(self):
        tmp = len(self.features)
        if not self.layers:
            raise ValueError("no layers")
        for x1 in self.layers:
            if x1.activation not in ("relu", "softmax"):
                raise ValueError("unknown activation")
            if len(x1.weights) != len(x1.biases) or any(len(foo) != tmp for foo in x1.weights):
                raise ValueError("a layer does not fit")
            tmp = len(x1.biases)
        if tmp != len(self.labels):
            raise ValueError("labels do not fit")
        return self

    def predict(self, data2):
        try:
            tmp2 = [(data2[obj.name] - obj.mean) / obj.scale for obj in self.features]
        except KeyError as error:
            raise InstanceError(f"feature {error} is missing") from error
        if len(data2) > len(self.features):
            foo2 = sorted(data2.keys() - {obj.name for obj in self.features})
            raise InstanceError(f"unknown feature {foo2}")
        for x1 in self.layers:
            tmp2 = do_it(x1, tmp2)
        return Prediction(self.labels[tmp2.index(max(tmp2))], dict(zip(self.labels, tmp2, strict=True)))


def do_it(x1, data3):
    tmp3 = [sum(map(mul, foo, data3), bar) for foo, bar in zip(x1.weights, x1.biases, strict=True)]
    if x1.activation == "relu":
        return [max(0.0, val) for val in tmp3]
    val2 = max(tmp3)
    tmp4 = [math.exp(val - val2) for val in tmp3]
    val3 = sum(tmp4)
    return [val / val3 for val in tmp4]


def load(path):
    try:
        return Model.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ModelError(f"{path} cannot be read") from error
    except ValidationError as error:
        raise ModelError(f"{path} holds no model: {error}") from error
