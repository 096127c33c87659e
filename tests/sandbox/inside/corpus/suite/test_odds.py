"""What exercises seldom need, and some do."""

import abc
import array
import collections
import dataclasses
import functools
import inspect
import json
import os
import sys
import types
import typing
from unittest import mock

import pytest

import odds
from odds import Card, Chain, Deck, DeckError, Document, Settings, Shape, Singleton, Slotted


def test_private_names_of_the_module():
    odds._cache.clear()
    odds._cache["hits"] = 3
    odds.hit()
    assert odds._cache == {"hits": 4}


def test_private_attributes_of_objects():
    document = Document("a b")
    assert (document._text, document._hash, document._cache) == ("a b", 7, ["a b"])


def test_an_object_put_into_a_list_that_nobody_holds():
    deck = Deck(cards=[Card(1)])
    deck.cards.append(Card(2))
    assert [card.rank for card in deck.cards] == [1, 2]


def test_what_a_test_replaced_in_a_module_comes_back():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(odds, "helper", lambda: "mine")
        patch.setattr("odds.helper", lambda: "other")
        assert odds.use_helper() == "other!"
    assert odds.use_helper() == "help!"
    assert "helper" in vars(odds)
    assert odds.__dict__["helper"]() == "help"


def test_a_spy_calls_what_it_watches():
    document = Document("a b")
    with mock.patch.object(document, "words", wraps=document.words) as words:
        assert document.count() == 2
    words.assert_called_once_with()


def test_a_dataclass_is_inspected():
    fields = {field.name: field for field in dataclasses.fields(Card)}
    assert (fields["rank"].type, fields["suit"].default) == (int, "S")
    assert fields["rank"].default is dataclasses.MISSING
    assert fields["marks"].default_factory is list


def test_a_dataclass_of_the_test_derives_from_one_of_the_submission():
    @dataclasses.dataclass
    class Trump(Card):
        colour: str = "red"

    assert (Trump(3).rank, Trump(3, colour="black").colour) == (3, "black")


def test_classes_are_inspected():
    assert inspect.isabstract(Shape) and issubclass(Shape, abc.ABC)
    assert Shape.area.__isabstractmethod__
    assert Slotted.__slots__ == ("left", "right")
    assert isinstance(Settings, Singleton) and Settings() is Settings()
    assert DeckError.__bases__ == (Exception,) and DeckError.__mro__[1] is Exception


def test_exceptions_with_an_equality():
    with pytest.raises(DeckError) as caught:
        odds.fail(DeckError(3))
    assert caught.value == DeckError(3)


@pytest.mark.parametrize("error", [DeckError(1), ValueError("x")], ids=["theirs", "builtin"])
def test_exceptions_keep_their_identity(error):
    with pytest.raises(type(error)) as caught:
        odds.fail(error)
    assert caught.value is error


def test_a_returned_collection_compares_by_what_it_holds():
    assert Chain(1, 2).reversed() == [2, 1]
    assert Chain(1, 2).reversed() != [1, 2]
    assert Chain(1, 2).reversed() == (2, 1)


def test_annotations_of_the_tests_functions_are_seen():
    @odds.checked
    def repeat(text: str, times: int) -> str:
        return text * times

    assert repeat("a", 2) == "aa"
    with pytest.raises(TypeError, match="times must be int"):
        repeat("a", "2")


def test_type_hints():
    assert odds.typed.__annotations__ == {"numbers": list[int], "name": str | None, "return": dict[str, int]}
    assert inspect.signature(odds.typed).parameters["numbers"].annotation == list[int]
    assert typing.get_type_hints(odds.texts) == {"number": int, "card": Card, "return": bool}


def test_values_of_the_standard_library():
    assert odds.zone().tzname(None) == "Home"
    assert odds.numbers() == array.array("i", [1, 2])
    assert isinstance(odds.layers(), collections.ChainMap) and odds.layers() == {"a": 1, "b": 2}
    assert odds.view() == {"a": 1} and isinstance(odds.view(), types.MappingProxyType)
    assert odds.record() == types.SimpleNamespace(a=1)
    assert isinstance(odds.plus_five, functools.partial)


def test_an_array_is_changed_in_place():
    values = array.array("i", [1, 2])
    odds.doubled(values)
    assert list(values) == [2, 4]


def test_logged_exceptions_and_extras(caplog):
    odds.log_failure("ann")
    (record,) = caplog.records
    assert record.user == "ann"
    assert record.exc_info[0] is KeyError and record.exc_info[1].args == ("ann",)


def test_doubles_of_what_the_bridge_itself_uses(tmp_path):
    (tmp_path / "a").write_text("a")
    with mock.patch("builtins.open", mock.mock_open(read_data="mine")):
        assert odds.read(tmp_path / "a") == "mine"
    for name in ("json.dumps", "json.loads", "time.monotonic", "threading.Thread", "os.getcwd", "logging.getLogger"):
        (tmp_path / name).write_text("b")
        with mock.patch(name, return_value=None):
            assert odds.use_helper() == "help!"
    with mock.patch("os.path.exists", return_value=True), mock.patch("pathlib.Path.exists", return_value=True):
        (tmp_path / "deep" / "er").mkdir(parents=True)
        (tmp_path / "deep" / "er" / "c").write_text("c")
        assert odds.exists("/nowhere") == (True, True)
    assert json.dumps([1]) == "[1]"


def test_doubles_inside_submodules_and_the_environment():
    with mock.patch("odds.urllib.request.urlopen") as opened:
        opened.return_value.__enter__.return_value.read.return_value = b"x"
        assert odds.fetch("http://nowhere") == b"x"
    with mock.patch.object(os.environ, "get", return_value="mine"):
        assert odds.os.environ.get("any") == "mine"


def test_the_recursion_limit():
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(9000)
    try:
        assert odds.depth(5000) == 5000
    finally:
        sys.setrecursionlimit(limit)


def test_order_of_a_dict_that_is_reordered():
    recent = odds.Recent()
    recent.use("a")
    recent.use("b")
    recent.use("a")
    assert list(recent.order) == ["b", "a"]
    assert list(odds.Ordered(recent.order)) == ["b", "a"]


def test_the_source_of_a_function():
    assert "depth(number - 1)" in inspect.getsource(odds.depth)
    assert inspect.getsource(Document).startswith("class Document")
    assert "depth" in odds.depth.__code__.co_names


def test_class_decorators_wrap_what_the_test_wrote():
    @odds.counting
    class Counter:
        def __init__(self, start):
            self.start = start

        def add(self, number):
            return self.start + number

    assert (Counter(2).add(3), Counter.calls) == (5, ["__init__", "add"])
    assert str(inspect.signature(Document.__init__)) == "(self, text)"


def test_a_partial_function_has_no_name():
    assert not hasattr(odds.plus_five, "__name__")
    assert odds.name_of(functools.partial(pow, 2)) == "functools.partial"
    assert odds.name_of(pow) == "pow"
