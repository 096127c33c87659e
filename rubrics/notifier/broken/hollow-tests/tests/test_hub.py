"""Calls the hub."""

from hub import Hub


def test_publish():
    Hub().publish("a", 1)
