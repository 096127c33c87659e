"""The network and its file. Nothing here is about HTTP."""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import exp
from operator import mul
from pathlib import Path
from typing import Any


class BadModel(Exception):
    """The file cannot be used."""


class BadInstance(ValueError):
    """An instance breaks a rule."""


@dataclass(frozen=True)
class Network:
    """Weights, ready for use."""

    name: str
    version: str
    means: dict[str, tuple[float, float]]
    labels: list[str]
    layers: list[tuple[str, list[list[float]], list[float]]]

    def predict(self, instance: Any) -> dict[str, Any]:
        """Label and probabilities.

        Raises:
            BadInstance: not an object with a number for each feature.
        """
        self._check(instance)
        values = [(instance[name] - mean) / scale for name, (mean, scale) in self.means.items()]
        for activation, weights, biases in self.layers:
            values = [sum(map(mul, row, values)) + bias for row, bias in zip(weights, biases, strict=True)]
            if activation == "relu":
                values = [max(value, 0.0) for value in values]
            else:
                highest = max(values)
                powers = [exp(value - highest) for value in values]
                total = sum(powers)
                values = [power / total for power in powers]
        probabilities = dict(zip(self.labels, values, strict=True))
        return {"label": max(probabilities, key=probabilities.__getitem__), "probabilities": probabilities}

    def _check(self, instance: Any) -> None:
        if not isinstance(instance, dict):
            raise BadInstance("an instance must be an object")
        for name, value in instance.items():
            if name not in self.means:
                raise BadInstance(f"unknown feature {name}")
            if type(value) not in (int, float):
                raise BadInstance(f"{name} is not a number")
            if not -1_000_000 <= value <= 1_000_000:
                raise BadInstance(f"{name} is out of range")
        for name in self.means:
            if name not in instance:
                raise BadInstance(f"{name} is missing")


def load(path: Path) -> Network:
    """Read and check the file.

    Raises:
        BadModel: with the reason.
    """
    try:
        document = json.loads(path.read_bytes())
        network = Network(
            name=document["name"],
            version=document["version"],
            means={each["name"]: (float(each["mean"]), float(each["scale"])) for each in document["features"]},
            labels=document["labels"],
            layers=[(each["activation"], each["weights"], each["biases"]) for each in document["layers"]],
        )
    except OSError as error:
        raise BadModel(f"{path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise BadModel(f"{path}: {error!r}") from error
    _fit(network)
    return network


def _fit(network: Network) -> None:
    width = len(network.means)
    for _, weights, biases in network.layers:
        if len(weights) != len(biases) or {len(row) for row in weights} != {width}:
            raise BadModel("a layer does not fit the one before")
        width = len(biases)
    if width != len(network.labels):
        raise BadModel("labels do not fit the last layer")
