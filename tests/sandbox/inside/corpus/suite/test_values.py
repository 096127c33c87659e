"""Values, containers and identity."""

import collections
import copy
import datetime
import decimal
import io
import json
import math
import operator
import pickle

import pytest

import flows
from flows import same
from shapes import Default, Name, Pair, Vector, Words


@pytest.mark.parametrize(
    "value",
    [None, True, 10**50, 0.1, 2 + 3j, "é\0\ud800", b"\xff", (1, (2,)), frozenset({1}), datetime.datetime(2020, 2, 29),
     decimal.Decimal("1.10"), range(3), [{"a": [1, {"b": {2}}]}], math.inf, ..., slice(1, 2)],
    ids=repr,
)  # fmt: skip
def test_plain_values_go_round(value):
    assert same(value) == value
    assert type(same(value)) is type(value)


def test_containers_keep_their_identity():
    items = [1]
    assert same(items) is items


def test_objects_functions_and_classes_of_the_test_keep_their_identity():
    class Thing:
        pass

    thing = Thing()
    assert same(thing) is thing
    assert same(Thing) is Thing
    assert same(len) is len
    assert same(test_containers_keep_their_identity) is test_containers_keep_their_identity


def test_arguments_are_changed_in_place():
    items, mapping = [], {}
    flows.add_to(items, mapping)
    assert (items, mapping) == ([1], {"k": 2})


def test_special_dicts_arrive_as_what_they_are():
    counted = same(collections.Counter("aab"))
    assert counted.most_common(1) == [("a", 2)]
    assert isinstance(same(collections.OrderedDict(a=1)), collections.OrderedDict)


def test_named_tuples_of_the_test_stay_named():
    Coin = collections.namedtuple("Coin", "value side")
    assert flows.side_of(Coin(1, "head")) == "head"
    assert isinstance(same(Coin(1, "head")), Coin)


def test_an_object_that_the_test_made_compares_as_its_class_says():
    assert Vector(1, 2) == (1, 2)
    assert Vector(1, 2) + Vector(1, 1) == (2, 3)
    assert Vector(1, 2) != (2, 2)


def test_subclasses_of_builtins():
    words = Words(["a", "bbb"])
    assert words.longest() == "bbb"
    assert words == ["a", "bbb"]
    assert isinstance(words, list)
    assert Default(a=1)["z"] == "z"
    assert json.dumps(Default(a=1)) == '{"a": 1}'
    assert Name("ann").upper() == "ANN"
    assert isinstance(Name("ann"), Name)


def test_named_tuple_of_the_submission():
    pair = Pair(1)
    left, right = pair
    assert (left, right) == (1, "q") == pair
    assert pair._replace(left=3).left == 3


def test_copies():
    vector = Vector(1, 2)
    other = copy.deepcopy([vector])[0]
    other.x = 5
    assert (vector.x, other.x) == (1, 5)
    assert pickle.loads(pickle.dumps(vector)) == vector


def test_files_of_the_test_are_read_and_written():
    import effects

    assert effects.lines(io.StringIO("a\nb\n")) == ["a", "b"]
    assert sorted([Vector(3, 4), Vector(0, 1)], key=operator.attrgetter("x"))[0].x == 0
