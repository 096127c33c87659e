"""What the candidate's side may ask of the driver, and what it gets when it asks for more.

The messages are written by hand, as a hostile process would: nothing of its side of the bridge is trusted.
"""

from __future__ import annotations

import json
import subprocess
import unittest
from typing import Any
from unittest import mock

import pytest

from sandbox.inside.objects import Objects
from sandbox.inside.peer import Gone, Peer
from sandbox.inside.serve import Guard
from sandbox.inside.values import BadValue


class Wire:
    """A transport with a stranger at the other end: gives out what was put in, keeps what is sent."""

    def __init__(self) -> None:
        self.incoming: list[bytes] = []
        self.sent: list[Any] = []

    def send(self, payload: bytes) -> None:
        self.sent.append(json.loads(payload))

    def receive(self, _: Any = None) -> bytes:
        if not self.incoming:
            raise Gone("closed")
        return self.incoming.pop(0)


class NoHooks:
    def outgoing(self, extras: dict[str, Any]) -> None:
        """Nothing rides along."""

    def incoming(self, extras: dict[str, Any]) -> None:
        """Nothing is taken."""


class Desk:
    """The driver's end of a bridge whose other end is a stranger."""

    def __init__(self) -> None:
        self.wire = Wire()
        self.peer = Peer(self.wire, NoHooks(), "d")
        self.objects = Objects(self.peer, first_id=2, driver=True, max_depth=100)
        self.peer.serve = Guard(self.objects).serve
        self.peer.quiet_threads = 10_000  # threads of other tests are none of its business

    def give(self, obj: Any) -> Any:
        """Hand `obj` to the stranger, as an argument of a call; returns how the stranger names it."""
        return ["p", self.objects.values.encode(obj)[1]]

    def ask(self, *body: Any) -> list[Any]:
        """One request of the stranger's, and the answer: [kind, body]."""
        self.peer._gone = None  # the end of the request before
        self.wire.incoming.append(json.dumps(["d0", "q", list(body), {}]).encode())
        with pytest.raises(Gone):
            self.peer.serve_forever("d0")
        (answer,) = self.wire.sent
        self.wire.sent.clear()
        return list(answer[1:3])


class Thing:
    def __init__(self) -> None:
        self.count = 0
        self._secret = "hidden"

    def add(self, number: int) -> int:
        self.count += number
        return self.count


@pytest.fixture
def desk() -> Desk:
    """A fresh bridge for each attack."""
    return Desk()


def test_what_a_test_gave_can_be_used(desk: Desk) -> None:
    """A fake handed to the candidate must work: the guard is no wall."""
    thing = Thing()
    name = desk.give(thing)

    assert desk.ask("meth", name, "add", ["t", [2]], ["d", 91, []])[0] == "r"
    assert desk.ask("get", name, "count") == ["r", 2]
    assert thing.count == 2


@pytest.mark.parametrize(
    "name",
    ["_secret", "__class__", "__init__", "__reduce__", "__getattribute__", "__init_subclass__", "__dir__"],
)
def test_underscored_names_stay_closed(desk: Desk, name: str) -> None:
    """From any dunder there is a way to globals, and from there to the verdict."""
    thing = desk.give(Thing())

    assert desk.ask("get", thing, name)[0] == "x"
    assert desk.ask("meth", thing, name, ["t", []], ["d", 93, []])[0] == "x"


@pytest.mark.parametrize(
    "name", ["__globals__", "__code__", "__closure__", "__builtins__", "__wrapped__", "func_globals"]
)
def test_functions_show_their_name_and_no_more(desk: Desk, name: str) -> None:
    """A callback's globals are the test module."""

    def callback() -> None: ...

    function = desk.give(callback)

    assert desk.ask("get", function, "__name__") == ["r", "callback"]
    assert desk.ask("get", function, name)[0] == "x"


@pytest.mark.parametrize("name", ["gi_frame", "f_globals", "cr_frame", "tb_frame"])
def test_frames_stay_closed(desk: Desk, name: str) -> None:
    """A generator's frame leads to the test's variables."""
    generator = desk.give(number for number in range(3))

    assert desk.ask("get", generator, name)[0] == "x"


@pytest.mark.parametrize(
    "name", ["return_value", "side_effect", "called", "call_args", "reset_mock", "assert_called"]
)
def test_a_double_cannot_be_tampered_with(desk: Desk, name: str) -> None:
    """A candidate that resets the mock would pass `assert_not_called`."""
    double = mock.MagicMock()
    given = desk.give(double)

    assert desk.ask("get", given, name)[0] == "x"
    assert desk.ask("set", given, name, 1)[0] == "x"
    assert desk.ask("meth", given, name, ["t", []], ["d", 95, []])[0] == "x"


def test_only_what_was_given_can_be_asked(desk: Desk) -> None:
    """A class that can be named as a value must not thereby become callable."""
    for named in (
        ["T", "eval"],
        ["T", "open"],
        ["S", "subprocess", "Popen"],
        ["N", "os", "system"],
        ["p", 40],
    ):
        with pytest.raises(BadValue):
            desk.objects.values.decode(named)

    assert desk.ask("call", ["T", "list"], ["t", []], ["d", 97, []])[0] == "x"


@pytest.mark.parametrize(
    "operation", ["import", "names", "resolve", "subclass", "pickle", "unpickle", "doctest"]
)
def test_the_drivers_own_requests_are_not_open(desk: Desk, operation: str) -> None:
    """What the driver may ask of the candidate's side, that side may not ask of the driver."""
    thing = desk.give(Thing())

    assert desk.ask(operation, thing)[0] == "x"


def test_methods_of_a_test_object_cannot_be_replaced(desk: Desk) -> None:
    """A hand-written spy is as good as a mock: its checks must stay its own, by any door."""

    class Spy:
        def check(self) -> bool:
            return False

    spy = Spy()
    name = desk.give(spy)
    kind, attributes = desk.ask("get", name, "__dict__")

    assert desk.ask("set", name, "check", 1)[0] == "x"
    assert kind == "r"
    assert desk.ask("meth", ["p", attributes[1]], "__setitem__", ["t", ["check", 1]], ["d", 99, []])[0] == "x"
    assert desk.ask("get", desk.give(mock.MagicMock()), "__dict__")[0] == "x"
    assert spy.check() is False


def test_assertions_of_a_test_case_cannot_be_replaced(desk: Desk) -> None:
    """A test that hands out itself (the self-shunt) must not lose its assertions."""
    case = unittest.TestCase()

    assert desk.ask("set", desk.give(case), "assertEqual", 1)[0] == "x"
    assert desk.ask("set", desk.give(unittest.TestCase), "assertEqual", 1)[0] == "x"


def test_classes_that_were_not_given_cannot_be_changed(desk: Desk) -> None:
    """Giving an object names its class; changing that class would change the test's own helpers."""
    thing = Thing()
    desk.give(thing)
    cls = ["p", desk.objects.number(Thing)]

    assert desk.ask("set", cls, "add", 1)[0] == "x"
    assert Thing().add(1) == 1


def test_equality_of_the_tests_classes_cannot_be_replaced(desk: Desk) -> None:
    """Even a class given as a value keeps its comparison."""
    cls = desk.give(Thing)

    assert desk.ask("set", cls, "__eq__", 1)[0] == "x"


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"null",
        b"[]",
        b'["d0"]',
        b'["d0","q",{},{}]',
        b'["d0","r",1,{}]',
        b'["d0","q",[["l",3,[]],["l",3,[]]],{}]',
        b'["d0","q",[["x","Pattern"]],{}]',
        b'["d0","q",[["i","zz"]],{}]',
        b'["d0","q",[["C",1,{"n":1}]],{}]',
        b'["d0","q",[["C",1,null]],{}]',
        b'["d0","q",[["x","system"]],{}]',
        b'["d0","q",[["tn",1,["t",[]]]],{}]',
        b"[" * 200_000,
        b'["d0","q",[' + b'["t",[' * 50_000 + b"]]" * 50_000 + b"],{}]",
    ],
    ids=range(15),
)
def test_malformed_messages_end_the_candidate_and_nothing_else(desk: Desk, message: bytes) -> None:
    """A message that cannot be read is the candidate's end (a named outcome), never an error of the grader."""
    desk.wire.incoming.append(message)

    with pytest.raises(Gone) as gone:
        desk.peer.serve_forever("d0")

    assert gone.value.reason in {"protocol", "closed"}


def test_huge_integers_are_refused(desk: Desk) -> None:
    """`int` of ten million digits would stop the driver."""
    with pytest.raises(BadValue):
        desk.objects.values.decode(["x", "Decimal", "9" * 200_000])
    with pytest.raises(BadValue):
        desk.objects.values.decode(["i", "0x" + "f" * (9 * 2**20)])


def test_names_of_tests_do_not_cross(desk: Desk) -> None:
    """Where a class or function of the tests was defined would tell the candidate which test is running."""

    class Local: ...

    def test_local() -> None:
        """Checks the hidden thing."""

    desk.objects.values.encode(Local())
    told = json.dumps([desk.objects.classes._describe(Local), desk.objects.values.encode(test_local)])

    assert "test_names_of_tests" not in told
    assert "Checks the hidden" not in told
    assert __name__ not in told


def test_a_stand_in_for_a_module_is_no_way_to_start_programs(desk: Desk) -> None:
    """`["M", name]` may only name modules that a test could reach anyway."""
    for name in ("ctypes", "importlib", "builtins", "gc", "_thread", "unittest.mock", "pytest"):
        with pytest.raises(BadValue):
            desk.objects.values.decode(["M", name])

    assert desk.objects.values.decode(["M", "subprocess"]) is subprocess
