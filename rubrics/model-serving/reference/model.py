"""The model: reading it from its file, and predicting. Knows nothing of HTTP."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import mul
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator


class ModelError(Exception):
    """The file does not hold a model that can be used."""


class InstanceError(ValueError):
    """An instance lacks a feature or has one that the model does not know."""


@dataclass(frozen=True)
class Prediction:
    """What the model makes of one instance."""

    label: str
    probabilities: Mapping[str, float]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Feature(_Part):
    """An input: what is subtracted from it, and what it is then divided by."""

    name: str
    mean: float
    scale: Annotated[float, Field(gt=0)]


class Layer(_Part):
    """One row of weights and one bias for each output."""

    activation: Literal["relu", "softmax"]
    weights: tuple[tuple[float, ...], ...]
    biases: tuple[float, ...]

    def apply(self, inputs: Sequence[float]) -> list[float]:
        """The outputs of the layer."""
        outputs = [
            sum(map(mul, row, inputs), bias) for row, bias in zip(self.weights, self.biases, strict=True)
        ]
        return _softmax(outputs) if self.activation == "softmax" else [max(0.0, output) for output in outputs]


class Model(_Part):
    """A network as in the file, checked to fit together."""

    name: str
    version: str
    features: Annotated[tuple[Feature, ...], Field(min_length=1)]
    labels: Annotated[tuple[str, ...], Field(min_length=1)]
    layers: Annotated[tuple[Layer, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _fits_together(self) -> Model:
        width = len(self.features)
        for number, layer in enumerate(self.layers):
            if len(layer.weights) != len(layer.biases) or any(len(row) != width for row in layer.weights):
                raise ValueError(f"layer {number} does not fit its {width} inputs")
            width = len(layer.biases)
        if width != len(self.labels):
            raise ValueError(f"the last layer gives {width} values for {len(self.labels)} labels")
        return self

    def predict(self, instance: Mapping[str, float]) -> Prediction:
        """Grade one instance.

        Raises:
            InstanceError: its features are not those of the model.
        """
        try:
            values = [(instance[feature.name] - feature.mean) / feature.scale for feature in self.features]
        except KeyError as error:
            raise InstanceError(f"feature {error} is missing") from error
        if len(instance) > len(self.features):
            unknown = sorted(instance.keys() - {feature.name for feature in self.features})
            raise InstanceError(f"unknown feature {', '.join(unknown)}")
        for layer in self.layers:
            values = layer.apply(values)
        return Prediction(self.labels[values.index(max(values))], dict(zip(self.labels, values, strict=True)))


def _softmax(values: Sequence[float]) -> list[float]:
    """Shares of the exponentials; subtracting the highest first changes no share and keeps them from overflowing."""
    highest = max(values)
    exponentials = [math.exp(value - highest) for value in values]
    total = sum(exponentials)
    return [exponential / total for exponential in exponentials]


def load(path: Path) -> Model:
    """Read the model, once from start to end. Takes as long as the disk does.

    Raises:
        ModelError: there is no such file, or what it holds cannot be used.
    """
    try:
        return Model.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        raise ModelError(f"{path} holds no model that can be used: {error}") from error
