"""Tests of flatten and unflatten, by behaviour."""

import copy

import pytest

from flatten import KeyCollisionError, flatten, unflatten

CONFIGURATION = {
    "db": {"host": "localhost", "ports": [5432, 5433], "options": {}},
    "users": [{"name": "ada", "roles": ["admin"]}, {"name": "bob", "roles": []}],
    "debug": False,
    "comment": None,
}


@pytest.mark.parametrize(
    ("nested", "flat"),
    [
        ({}, {}),
        ({"a": 1}, {"a": 1}),
        ({"a": {"b": {"c": 1}}}, {"a.b.c": 1}),
        ({"a": [1, [2]]}, {"a.0": 1, "a.1.0": 2}),
        ({"a": [{"b": 1}]}, {"a.0.b": 1}),
        ({"a": {}, "b": []}, {"a": {}, "b": []}),
        ({"": {"a": 1}, "b": {"": 2}}, {".a": 1, "b.": 2}),
        ({"a": {"b": None, "c": False}}, {"a.b": None, "a.c": False}),
    ],
)
def test_both_ways(nested, flat):
    assert flatten(nested) == flat
    assert unflatten(flat) == nested


def test_other_values_are_leaves():
    assert flatten({"a": {"b": (1, 2)}}) == {"a.b": (1, 2)}


def test_a_separator_of_several_characters():
    assert flatten({"a": {"b.c": 1}}, separator="::") == {"a::b.c": 1}
    assert unflatten({"a::b.c": 1}, separator="::") == {"a": {"b.c": 1}}


def test_round_trip():
    assert unflatten(flatten(CONFIGURATION)) == CONFIGURATION


def test_order_is_kept():
    assert list(flatten({"b": {"z": 1, "y": 2}, "a": 3})) == ["b.z", "b.y", "a"]


def test_input_is_not_changed():
    before = copy.deepcopy(CONFIGURATION)
    flat = flatten(CONFIGURATION)
    assert CONFIGURATION == before
    flat_before = copy.deepcopy(flat)
    unflatten(flat)
    assert flat == flat_before


def test_list_items_may_come_in_any_order():
    items = list(range(12))
    flat = {f"a.{index}": index for index in reversed(items)}
    assert unflatten(flat) == {"a": items}


@pytest.mark.parametrize("keys", [("1", "2"), ("0", "2"), ("00", "1"), ("0", "x")])
def test_keys_that_are_no_indices_stay_a_dict(keys):
    assert unflatten({f"a.{key}": key for key in keys}) == {"a": {key: key for key in keys}}


def test_outermost_level_is_a_dict():
    assert unflatten({"0": "x", "1": "y"}) == {"0": "x", "1": "y"}


@pytest.mark.parametrize("nested", [{"a": {"b": 1}, "a.b": 2}, {"a.b": 2, "a": {"b": 1}}, {"a.0": 1, "a": [2]}])
def test_flatten_refuses_collisions(nested):
    with pytest.raises(KeyCollisionError, match=r"a\.[b0]"):
        flatten(nested)


@pytest.mark.parametrize("flat", [{"a": 1, "a.b": 2}, {"a.b": 2, "a": 1}, {"a": {}, "a.b": 2}])
def test_unflatten_refuses_collisions(flat):
    with pytest.raises(KeyCollisionError, match="a"):
        unflatten(flat)
