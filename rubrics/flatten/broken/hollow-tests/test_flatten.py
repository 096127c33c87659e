"""Tests of flatten and unflatten."""

from flatten import KeyCollisionError, flatten, unflatten


def test_flatten():
    flatten({"a": {"b": [1, 2, {"c": {}}]}})


def test_unflatten():
    result = unflatten({"a.b": 1, "a.c.0": 2})
    print(result)


def test_collisions():
    try:
        flatten({"a": {"b": 1}, "a.b": 2})
        unflatten({"a": 1, "a.b": 2})
    except KeyCollisionError:
        print("refused")


def test_works():
    assert True
