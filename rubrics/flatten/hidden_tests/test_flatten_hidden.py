"""Hidden suite of the take-home `flatten`. Every test checks a sentence of brief.md and nothing else.

One mistake is to be charged once: tests of `unflatten` do not call `flatten`, except where a whole round trip
is meant, and that one uses nothing that another criterion is about.
"""

import copy
import datetime

import pytest
from flatten import KeyCollisionError, flatten, unflatten


@pytest.mark.criterion("flattening")
def test_keys_are_joined_with_a_dot():
    assert flatten({"a": {"b": {"c": 1}, "d": "x"}, "e": 2.5}) == {"a.b.c": 1, "a.d": "x", "e": 2.5}


@pytest.mark.criterion("flattening")
def test_list_items_have_their_index():
    items = [f"item {number}" for number in range(12)]
    assert flatten({"a": items}) == {f"a.{index}": item for index, item in enumerate(items)}


@pytest.mark.criterion("flattening")
def test_dicts_and_lists_in_each_other():
    data = {"a": [{"b": [[1, 2], {"c": 3}]}, 4]}
    assert flatten(data) == {"a.0.b.0.0": 1, "a.0.b.0.1": 2, "a.0.b.1.c": 3, "a.1": 4}


@pytest.mark.criterion("flattening")
def test_empty_containers_stay():
    data = {"a": {}, "b": {"c": [], "d": {}}, "e": [{}, []]}
    assert flatten(data) == {"a": {}, "b.c": [], "b.d": {}, "e.0": {}, "e.1": []}


@pytest.mark.criterion("flattening")
def test_empty_dict():
    assert flatten({}) == {}


@pytest.mark.criterion("flattening")
def test_falsy_and_unusual_values_are_leaves():
    day = datetime.date(2024, 2, 29)
    data = {"a": {"none": None, "no": False, "zero": 0, "text": "", "pair": (1, [2]), "day": day}}
    flat = flatten(data)
    assert flat == {"a.none": None, "a.no": False, "a.zero": 0, "a.text": "", "a.pair": (1, [2]), "a.day": day}
    assert flat["a.no"] is False


@pytest.mark.criterion("flattening")
def test_empty_string_is_a_key():
    assert flatten({"": {"a": 1, "": 2}, "b": {"": {"c": 3}}}) == {".a": 1, ".": 2, "b..c": 3}


@pytest.mark.criterion("flattening")
@pytest.mark.parametrize("separator", ["/", "__", " "])
def test_flatten_with_another_separator(separator):
    flat = flatten({"a": {"b.c": [1]}}, separator=separator)
    assert flat == {separator.join(["a", "b.c", "0"]): 1}


@pytest.mark.criterion("flattening")
def test_order_of_the_input_is_kept():
    data = {"z": {"b": 1, "a": 2}, "m": [3, {"y": 4, "x": 5}], "a": 6}
    assert list(flatten(data)) == ["z.b", "z.a", "m.0", "m.1.y", "m.1.x", "a"]


@pytest.mark.criterion("flattening")
def test_deep_data():
    data: dict[str, object] = {"leaf": 1}
    for _ in range(99):
        data = {"k": data}
    assert flatten(data) == {"k." * 99 + "leaf": 1}


@pytest.mark.criterion("flattening")
def test_flatten_leaves_its_input_alone():
    data = {"a": {"b": [1, {"c": 2}]}, "d": {}}
    before = copy.deepcopy(data)
    flatten(data)
    assert data == before


@pytest.mark.criterion("unflattening")
def test_keys_are_split():
    assert unflatten({"a.b.c": 1, "e": 2, "a.d": "x"}) == {"a": {"b": {"c": 1}, "d": "x"}, "e": 2}


@pytest.mark.criterion("unflattening")
def test_indices_become_lists():
    flat = {"a.0.b.0.0": 1, "a.0.b.0.1": 2, "a.0.b.1.c": 3, "a.1": 4}
    assert unflatten(flat) == {"a": [{"b": [[1, 2], {"c": 3}]}, 4]}


@pytest.mark.criterion("unflattening")
def test_list_items_come_in_any_order():
    flat = {f"a.{index}": index for index in (10, 3, 0, 7, 11, 1, 9, 2, 8, 4, 6, 5)}
    assert unflatten(flat) == {"a": list(range(12))}


@pytest.mark.criterion("unflattening")
@pytest.mark.parametrize(
    "keys",
    [("1", "2"), ("0", "1", "3"), ("00", "01"), ("0", "01"), ("0", "x"), ("-1", "0"), ("0", "")],
    ids=repr,
)
def test_other_keys_stay_a_dict(keys):
    flat = {f"a.{key}": number for number, key in enumerate(keys)}
    assert unflatten(flat) == {"a": {key: number for number, key in enumerate(keys)}}


@pytest.mark.criterion("unflattening")
def test_outermost_level_stays_a_dict():
    assert unflatten({"0": "x", "1.0": "y"}) == {"0": "x", "1": ["y"]}
    assert unflatten({}) == {}


@pytest.mark.criterion("unflattening")
def test_values_are_put_back_unchanged():
    flat = {"a.b": {}, "a.c": [], "d.0": (1, 2), "e.f": None, "e.g": {"0": "kept"}, "h.i": ["x", {"1": 2}]}
    assert unflatten(flat) == {
        "a": {"b": {}, "c": []},
        "d": [(1, 2)],
        "e": {"f": None, "g": {"0": "kept"}},
        "h": {"i": ["x", {"1": 2}]},
    }


@pytest.mark.criterion("unflattening")
def test_unflatten_with_another_separator():
    assert unflatten({"a__b.c__0": 1, "_x": 2}, separator="__") == {"a": {"b.c": [1]}, "_x": 2}


@pytest.mark.criterion("unflattening")
def test_round_trip():
    data = {"db": {"host": "x", "ports": [1, 2], "tls": None}, "users": [{"name": "ada"}, {"name": "bob"}]}
    given = copy.deepcopy(data)
    assert unflatten(flatten(given, separator="|"), separator="|") == data


@pytest.mark.criterion("unflattening")
def test_unflatten_leaves_its_input_alone():
    flat = {"a.b": 1, "a.c.0": {"x": 1}, "d": []}
    before = copy.deepcopy(flat)
    unflatten(flat)
    assert flat == before


@pytest.mark.criterion("collisions")
@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({"one": {"two": 1}, "one.two": 2}, "one.two"),
        ({"one.two": 2, "one": {"two": 1}}, "one.two"),
        ({"one.two": {"x": 1}, "one": {"two.x": 1}}, "one.two.x"),
        ({"list.0": "same", "list": ["same"]}, "list.0"),
    ],
    ids=["nested first", "dotted first", "both dotted", "list"],
)
def test_flatten_refuses_a_collision(data, key):
    with pytest.raises(KeyCollisionError) as caught:
        flatten(data)
    assert key in str(caught.value)


@pytest.mark.criterion("collisions")
@pytest.mark.parametrize(
    "flat",
    [{"one": 1, "one.two": 2}, {"one.two": 2, "one": 1}, {"one": {}, "one.two": 2}, {"one.x.y": 1, "one.x": []}],
    ids=["value first", "branch first", "empty dict in the way", "deeper"],
)
def test_unflatten_refuses_a_collision(flat):
    with pytest.raises(KeyCollisionError) as caught:
        unflatten(flat)
    assert "one" in str(caught.value)


@pytest.mark.criterion("collisions")
def test_a_collision_is_a_value_error():
    assert issubclass(KeyCollisionError, ValueError)
    with pytest.raises(ValueError, match="one/two"):
        flatten({"one": {"two": 1}, "one/two": 2}, separator="/")


@pytest.mark.criterion("collisions")
def test_a_key_with_the_separator_is_no_collision_by_itself():
    assert flatten({"a.b": 1, "a": {"c": 2}}) == {"a.b": 1, "a.c": 2}
    assert unflatten({"a.b": 1, "a.bc": 2}) == {"a": {"b": 1, "bc": 2}}


@pytest.mark.criterion("errors")
@pytest.mark.parametrize("argument", [None, "a.b", 7, ["a"], [("a", 1)]], ids=repr)
@pytest.mark.parametrize("name", ["flatten", "unflatten"])
def test_only_dicts_are_accepted(name, argument):
    function = {"flatten": flatten, "unflatten": unflatten}[name]
    with pytest.raises(TypeError):
        function(argument)


@pytest.mark.criterion("errors")
@pytest.mark.parametrize(
    ("data", "key"), [({41: "x"}, 41), ({"a": {None: 1}}, None), ({"a": [{"b": {(4, 2): 1}}]}, (4, 2))], ids=repr
)
def test_flatten_refuses_a_key_that_is_no_string(data, key):
    with pytest.raises(TypeError) as caught:
        flatten(data)
    assert repr(key) in str(caught.value)


@pytest.mark.criterion("errors")
def test_unflatten_refuses_a_key_that_is_no_string():
    with pytest.raises(TypeError) as caught:
        unflatten({"a": 1, 41: 2})
    assert "41" in str(caught.value)


@pytest.mark.criterion("errors")
@pytest.mark.parametrize("name", ["flatten", "unflatten"])
def test_separator_must_not_be_empty(name):
    function = {"flatten": flatten, "unflatten": unflatten}[name]
    with pytest.raises(ValueError) as caught:
        function({"a": 1}, separator="")
    assert caught.type is ValueError
