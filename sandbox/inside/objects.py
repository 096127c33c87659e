"""Objects by reference: numbers for what stays on this side, stand-ins for what stays on the other.

The driver is the trusted side: it names functions and modules of the standard library to the candidate, hides
where its own objects were defined, and never looks up a name that came from the candidate, except for types and
exceptions out of a closed list.
"""

from __future__ import annotations

import asyncio
import collections
import inspect
import sys
import types
import weakref
from collections.abc import Callable
from typing import Any

from . import describe, flows, mirror, named
from .classes import Classes
from .describe import FUNCTIONS, VALUE_BASES
from .flows import Flows, Reference
from .handles import DerivedHandle, Handle
from .members import BoundStub
from .metaclasses import EnumMirrorMeta, MirrorMeta
from .peer import Gone, Peer
from .raised import Raised
from .values import BadValue, Encoded, Values

_FLOWS: dict[str, Any] = {"g": flows.generator, "co": flows.coroutine, "ag": flows.async_generator}


class Objects:
    """The tables of one side, and the two functions that `Values` needs for what is no plain value."""

    def __init__(self, peer: Peer, *, first_id: int, driver: bool, max_depth: int) -> None:
        self.peer = peer
        self.driver = driver
        self.generation = 0
        self.bound: Callable[[Any, str], Any] = getattr
        """How the other side gets at a method of an object of this side."""
        self.super_double: Any = None
        """What a test put in the place of `super` in a module of the candidate's: its `__init__` may be called."""
        self._fresh: list[int] = []
        """Described in the message that is being put together."""
        self.values = Values(first_id, self.encode, self.revive, max_depth)
        self.raised = Raised(self)
        self.flows = Flows(peer)
        peer.values = self.values
        peer.release = self.release
        peer.said = self._fresh.clear
        peer.unsaid = self._unsaid
        peer.encode_raised = self.raised.encode
        peer.decode_raised = self.raised.decode
        self._next = first_id
        self._exports: dict[int, Any] = {}
        self._numbers: dict[int, int] = {}
        self._sent: dict[int, int] = {}
        self.described: set[int] = set()
        self._stand_ins: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()
        self._tuple_classes: dict[type, int] = {}
        """Over there: classes made after named tuples of the tests."""
        self._members: dict[int, Any] = {}
        """Members of enumerations that are numbers: they have to stay the same object, but cannot be held weakly."""
        self._homes: weakref.WeakKeyDictionary[Any, Handle] = weakref.WeakKeyDictionary()
        self.classes = Classes(self)
        self._describers = {"C": self.classes.revive, "o": self._revive_instance, "v": self._revive_value}

    def number(self, obj: Any) -> int:
        """The number of an object of this side; it stays alive until the other side drops it."""
        known = self._numbers.get(id(obj))
        if known is None:
            known = self._next
            self._next += 2
            self._exports[known] = obj
            self._numbers[id(obj)] = known
        self._sent[known] = self._sent.get(known, 0) + 1
        return known

    def describe(self, number: int) -> None:
        """From now on a reference is enough for this object."""
        self.described.add(number)
        self._fresh.append(number)

    def _unsaid(self) -> None:
        self.described.difference_update(self._fresh)
        self._fresh.clear()
        self.values.unshare()

    def exported(self, number: Any) -> Any:
        """The object of this side with that number.

        Raises:
            BadValue: there is none.
        """
        try:
            return self._exports[number]
        except (KeyError, TypeError):
            raise BadValue("a reference to an object that is not there") from None

    def is_exported(self, obj: Any) -> bool:
        """Whether `obj` itself was handed to the other side."""
        return id(obj) in self._numbers

    def release(self, drops: list[Any]) -> None:
        """The other side no longer holds these: [number, how often it had received it]."""
        for number, count in drops:
            left = self._sent.get(number, 0) - count
            if left > 0:
                self._sent[number] = left
                continue
            self._sent.pop(number, None)
            obj = self._exports.pop(number, None)
            self._numbers.pop(id(obj), None)
            self.described.discard(number)

    def encode(self, value: Any) -> Encoded:
        """A reference to `value`, or its exact value where it derives from a builtin value."""
        home = self.home(value)
        if home is not None:
            return ["p", home.oid]
        if type(value) is BoundStub:
            return ["bm", self.encode(value._target)[1], value._name]
        if isinstance(value, Reference):
            return ["p", value.number]
        if isinstance(value, type):
            return self.classes.encode(value)
        if value is sys.stdout or value is sys.stderr:
            return ["io", "stdout" if value is sys.stdout else "stderr"]
        if isinstance(value, BaseException):
            return self.raised.encode(value)
        if isinstance(value, types.ModuleType):
            return self._module(value)
        if isinstance(value, FUNCTIONS):
            return self._function(value)
        if isinstance(value, types.GeneratorType):
            started = inspect.getgeneratorstate(value) == inspect.GEN_SUSPENDED
            return ["g", self.number(value), value.__name__, started]
        if isinstance(value, types.AsyncGeneratorType):
            return ["ag", self.number(value), value.__name__]
        if isinstance(value, (types.CoroutineType, asyncio.Future)) or _bare_awaitable(value):
            return ["co", self.number(value), getattr(value, "__name__", "coroutine")]
        return self._instance(value)

    def home(self, value: Any) -> Handle | None:
        """The handle, if `value` stands for an object of the other side."""
        handle = mirror.handle_of(value)
        if handle is None and isinstance(
            value, (types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType)
        ):
            handle = self._homes.get(value)
        if handle is None and isinstance(value, BaseException):
            handle = self.raised.home(value)
        if handle is not None and handle.born != self.generation:
            self.find_again(handle)
        return handle

    def _module(self, value: types.ModuleType) -> Encoded:
        root = value.__name__.partition(".")[0]
        if self.driver:
            if root in sys.stdlib_module_names:
                return ["M", value.__name__]
            raise BadValue(f"the module {root} of the tests cannot be given to the candidate's code")
        if value.__name__ in named.SHARED_MODULES and sys.modules.get(value.__name__) is value:
            return ["M", value.__name__]
        return ["m", self.number(value), value.__name__]

    def _function(self, value: Any) -> Encoded:
        if isinstance(value, (types.BuiltinFunctionType, types.MethodDescriptorType)):
            path = named.stdlib_path(value)
            if path is not None and (self.driver or named.may_name("N", ["N", *path])):
                return ["N", *path]
        number = self.number(value)
        facts = None
        if number not in self.described:
            self.describe(number)
            facts = describe.function_facts(value, hide=self.driver)
        return ["fn", number, facts]

    def _instance(self, value: Any) -> Encoded:
        cls = type(value)
        base = describe.builtin_base(cls, VALUE_BASES)
        if cls in self._tuple_classes:
            return ["tn", self._tuple_classes[cls], self.values.encode(tuple(tuple.__iter__(value)))]
        if base is not None and not self.driver:
            exact = base.__new__(base, value) if base is not tuple else tuple(tuple.__iter__(value))
            return [
                "v",
                self.number(value),
                self.values.encode(named.exact_value(base, value, exact)),
                self.classes.encode(cls),
            ]
        if base is tuple and isinstance(getattr(cls, "_fields", None), tuple):
            items = self.values.encode(tuple(tuple.__iter__(value)))
            return ["nt", self.number(cls), cls.__name__, list(cls._fields), items]
        if base is not None:
            return self.values.encode(named.exact_value(base, value, base(value)))
        hashed = None
        own_hash: Any = cls.__hash__
        if not self.driver and own_hash is not None and own_hash is not object.__hash__:
            hashed = _hash(value)
        encoded = ["o", self.number(value), self.classes.encode(cls, instance=True), hashed]
        if not self.driver:
            shadowed = describe.shadowed_methods(value)
            if shadowed:
                doc = vars(value).get("__doc__")
                encoded += [sorted(shadowed), doc if isinstance(doc, str) else None]
        return encoded

    def revive(self, tag: str, data: list[Any]) -> Any:
        """What a reference stands for on this side.

        Raises:
            BadValue: it is malformed, or names what this side does not give away.
        """
        if tag == "p":
            return self.exported(data[1])
        if tag in ("T", "S"):
            return named.harmless_class(data) if self.driver else named.resolve_class(data)
        if tag in ("E", "e"):
            return self.raised.decode(data)
        if tag in ("N", "M"):
            if self.driver and not named.may_name(tag, data):
                raise BadValue("a name that the candidate's side may not use")
            return named.lookup(data[1:])
        if tag == "bm":
            return self.bound(self.exported(data[1]), data[2])
        if tag in ("nt", "tn"):
            return self._revive_named_tuple(tag, data)
        if tag == "io":
            return sys.stderr if data[1] == "stderr" else sys.stdout
        if tag in self._describers:
            return self._describers[tag](data)
        if tag == "fn":
            return self._revive_function(data)
        if tag in ("g", "co", "ag"):
            return self._revive_flow(tag, data)
        if tag == "m":
            return self._revive_module(data)
        raise BadValue(f"an unknown kind of value: {tag!r:.40}")

    def _seen(self, number: Any) -> Any:
        found = self._stand_ins.get(number)
        if found is not None:
            handle = mirror.handle_of(found) or self._homes.get(found)
            if handle is not None:
                handle.count += 1
        return found

    def _revive_function(self, data: list[Any]) -> Any:
        found = self._seen(data[1])
        if found is not None:
            return found
        facts = data[2]
        if facts is None:
            facts = {"n": "function", "q": "function", "d": None, "m": None, "f": 0, "k": "f"}
        path = (facts["m"], facts["q"]) if facts["m"] and "<" not in facts["q"] else None
        made = mirror.RemoteFunction(Handle(self, data[1], path), facts)
        self._stand_ins[data[1]] = made
        return made

    def _revive_module(self, data: list[Any]) -> Any:
        found = self._seen(data[1])
        if found is None:
            found = mirror.RemoteModule(str(data[2]))
            self.adopt_module(found, data[1])
        return found

    def adopt_module(self, module: mirror.RemoteModule, number: int) -> None:
        """Let `module` stand for the other side's module `number`."""
        own = types.ModuleType.__getattribute__(module, "__dict__")
        own["_bridge_cache"] = {}
        own["_bridge"] = Handle(self, number, (module.__name__, ""))
        self._stand_ins[number] = module

    def _revive_flow(self, tag: str, data: list[Any]) -> Any:
        found = self._seen(data[1])
        if found is not None:
            return found
        handle = Handle(self, data[1])
        made: Any = _FLOWS[tag](handle, *data[1:2], *data[3:])
        made.__name__ = made.__qualname__ = str(data[2])
        if tag == "g" and data[3] is True:
            next(made)
        self._stand_ins[data[1]] = made
        self._homes[made] = handle
        return made

    def _revive_instance(self, data: list[Any]) -> Any:
        found = self._seen(data[1])
        if found is None:
            found = self._new_instance(data)
        if len(data) > 4:
            object.__setattr__(found, "_bridge_shadowed", frozenset(str(name) for name in data[4]))
            if isinstance(data[5], str):
                object.__setattr__(found, "__doc__", data[5])
        return found

    def _new_instance(self, data: list[Any]) -> Any:
        cls = self.values.decode(data[2])
        if not isinstance(cls, MirrorMeta):
            raise BadValue("an object of no class")
        made: Any = object.__new__(cls)  # type: ignore[arg-type]
        object.__setattr__(made, "_bridge", Handle(self, data[1]))
        object.__setattr__(made, "_bridge_hash", data[3] if isinstance(data[3], int) else None)
        self._stand_ins[data[1]] = made
        return made

    def _revive_named_tuple(self, tag: str, data: list[Any]) -> Any:
        """A named tuple of the tests: over there an instance of a class made after it, back here of the very class."""
        if tag == "tn" and self.driver:
            cls = self.exported(data[1])
            items = self.values.decode(data[2])
            if not (isinstance(cls, type) and issubclass(cls, tuple) and type(items) is tuple):
                raise BadValue("a named tuple of no such class")
            return tuple.__new__(cls, items)
        if tag == "tn" or self.driver:
            raise BadValue("a named tuple from the wrong side")
        made: Any = next((cls for cls, number in self._tuple_classes.items() if number == data[1]), None)
        if made is None:
            make: Any = collections.namedtuple  # noqa: PYI024 -- its fields are known only now
            made = make(str(data[2]), data[3])
            self._tuple_classes[made] = data[1]
        return made._make(self.values.decode(data[4]))

    def _revive_value(self, data: list[Any]) -> Any:
        found = self._members.get(data[1]) or self._seen(data[1])
        if found is not None:
            return found
        cls = self.values.decode(data[3])
        value = self.values.decode(data[2])
        if (
            not isinstance(cls, MirrorMeta)
            or type(value) not in VALUE_BASES
            or not issubclass(cls, type(value))
        ):
            raise BadValue("a value that does not fit its class")
        made = type(value).__new__(cls, value)  # type: ignore[call-overload]
        object.__setattr__(made, "_bridge", Handle(self, data[1]))
        if isinstance(cls, EnumMirrorMeta):
            self._members[data[1]] = made
        elif type(value) is not tuple and not isinstance(value, (int, bytes)):
            self._stand_ins[data[1]] = made
        return made

    def find_again(self, handle: Handle) -> None:
        """After a restart of the other process: what can be named is looked up again, the rest is lost.

        Raises:
            Gone: it was an object, not a module-level name.
        """
        if isinstance(handle, DerivedHandle):
            handle.oid, handle.born, handle.count = handle.derive(), self.generation, 1
            return
        if handle.path is None:
            raise Gone(
                "restarted", "the candidate's process was started anew, this object was lost with the old one"
            )
        found = self.peer.request("resolve", *handle.path)
        again = mirror.handle_of(found)
        if again is None:
            raise Gone("restarted", f"{'.'.join(handle.path)} is not what it was before the restart")
        handle.oid, handle.born, handle.count = again.oid, again.born, again.count
        again.count = 0

    def restarted(self) -> None:
        """The other process is a new one: nothing that was exported or received is known there."""
        self.generation += 1
        self._exports.clear()
        self._numbers.clear()
        self._sent.clear()
        self.described.clear()
        self.classes.forget()
        self._members.clear()
        self._stand_ins = weakref.WeakValueDictionary()
        self.raised.forget()


def _hash(value: Any) -> int | None:
    try:
        return hash(value)
    except Exception:
        return None


def _bare_awaitable(value: Any) -> bool:
    return (
        not isinstance(type(value), MirrorMeta)
        and type(value).__module__ == "builtins"
        and inspect.isawaitable(value)
    )
