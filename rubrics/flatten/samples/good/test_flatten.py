import pytest

from flatten import KeyCollisionError, flatten, unflatten

EXAMPLES = [
    ({}, {}),
    ({"a": {"b": 1}, "c": 2}, {"a.b": 1, "c": 2}),
    ({"a": ["x", {"y": "z"}]}, {"a.0": "x", "a.1.y": "z"}),
    ({"a": {}, "b": {"c": []}}, {"a": {}, "b.c": []}),
    ({"a": list(range(11))}, {f"a.{n}": n for n in range(11)}),
]


@pytest.mark.parametrize(("nested", "flat"), EXAMPLES)
def test_flatten(nested, flat):
    assert flatten(nested) == flat


@pytest.mark.parametrize(("nested", "flat"), EXAMPLES)
def test_unflatten(nested, flat):
    assert unflatten(flat) == nested


def test_separator():
    assert flatten({"a": {"b": 1}}, separator="/") == {"a/b": 1}
    assert unflatten({"a/b": 1}, separator="/") == {"a": {"b": 1}}


def test_gap_in_the_indices_means_dict():
    assert unflatten({"a.0": 1, "a.2": 2}) == {"a": {"0": 1, "2": 2}}


def test_collisions():
    with pytest.raises(KeyCollisionError):
        flatten({"a": {"b": 1}, "a.b": 2})
    with pytest.raises(KeyCollisionError):
        unflatten({"a": 1, "a.b": 2})
    with pytest.raises(KeyCollisionError):
        unflatten({"a.b": 2, "a": 1})


@pytest.mark.parametrize("function", [flatten, unflatten])
def test_bad_arguments(function):
    with pytest.raises(TypeError):
        function([])
    with pytest.raises(TypeError):
        function({1: 2})
    with pytest.raises(ValueError):
        function({}, separator="")
