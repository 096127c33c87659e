"""Loads the model."""

from pathlib import Path

from model import load


def test_load():
    load(Path(__file__).parents[1] / "model.json")
