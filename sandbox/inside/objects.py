"""Objects by reference: numbers for what stays on this side, stand-ins for what stays on the other.

The driver is the trusted side: it names functions and modules of the standard library to the candidate, hides
where its own objects were defined, and never looks up a name that came from the candidate, except for types and
exceptions out of a closed list.
"""

from __future__ import annotations

import asyncio
import builtins
import importlib
import inspect
import sys
import types
import weakref
from typing import Any

from . import describe, mirror
from .describe import CONTAINER_BASES, FUNCTIONS, VALUE_BASES
from .flows import Flows, Reference
from .peer import Gone, Peer
from .raised import Raised
from .values import BadValue, Encoded, Values

_TYPE_MODULES = frozenset(
    "abc argparse array asyncio asyncio.exceptions asyncio.queues binascii calendar collections collections.abc "
    "concurrent.futures concurrent.futures._base configparser contextlib copy csv _csv dataclasses datetime decimal "
    "email.errors enum fractions getopt graphlib http.client io _io ipaddress json json.decoder locale logging "
    "numbers pathlib pickle _pickle queue _queue random re shutil smtplib socket sqlite3 ssl statistics string struct "
    "subprocess tarfile threading tomllib types typing urllib.error uuid xml.etree.ElementTree xml.parsers.expat "
    "zipfile zlib zoneinfo".split()
)
"""Modules whose classes may be named over the bridge. Neither unittest nor pytest is among them."""


_SHARED_MODULES = frozenset(
    "abc argparse asyncio bisect calendar collections configparser contextlib copy csv dataclasses datetime decimal "
    "enum fractions functools getpass glob hashlib heapq io itertools json locale logging math operator os pathlib "
    "platform posixpath pprint queue random re secrets shutil socket sqlite3 statistics string subprocess sys "
    "tempfile textwrap threading time traceback types typing urllib urllib.error urllib.parse urllib.request uuid "
    "warnings".split()
)
"""A test that reaches one of these through the candidate's module (`game.random.seed(1)`) gets its own: what it
replaces there is mirrored."""


def named_class(cls: type) -> Encoded | None:
    """The closed-list name of a builtin or standard class; None when it is neither."""
    name = describe.named_builtin(cls)
    if name is not None:
        return ["T", name]
    module = getattr(cls, "__module__", None)
    if module in _TYPE_MODULES:
        holder = sys.modules.get(module)
        if holder is not None and getattr(holder, cls.__qualname__, None) is cls:
            return ["S", module, cls.__qualname__]
    return None


def resolve_class(data: list[Any]) -> type:
    """The inverse of `named_class`.

    Raises:
        BadValue: the name is not on the list.
    """
    if data[0] == "T":
        found = getattr(builtins, data[1], None) if isinstance(data[1], str) else None
    else:
        if data[1] not in _TYPE_MODULES or not isinstance(data[2], str) or "." in data[2]:
            raise BadValue("a class that may not be named")
        found = getattr(importlib.import_module(data[1]), data[2], None)
    if not isinstance(found, type):
        raise BadValue("a name that is no class")
    return found


_HARMLESS = frozenset(
    "bool bytearray bytes complex dict enumerate filter float frozenset int list map object range reversed set slice "
    "str tuple zip date datetime time timedelta timezone Decimal Fraction UUID Path PosixPath PurePath PurePosixPath "
    "OrderedDict Counter defaultdict deque array StringIO BytesIO Pattern Match ABC ABCMeta".split()
)


def harmless_class(data: list[Any]) -> type:
    """Like `resolve_class`, for names that a stranger sent: a test may call what it gets.

    Raises:
        BadValue: it is neither an exception nor a plain data type.
    """
    found = resolve_class(data)
    if found.__name__ in _HARMLESS or issubclass(found, BaseException):
        return found
    raise BadValue("a class that the candidate's side may not name")


class Objects:
    """The tables of one side, and the two functions that `Values` needs for what is no plain value."""

    def __init__(self, peer: Peer, *, first_id: int, driver: bool, max_depth: int) -> None:
        self.peer = peer
        self.driver = driver
        self.generation = 0
        self.super_double: Any = None
        """What a test put in the place of `super` in a module of the candidate's: its `__init__` may be called."""
        self.values = Values(first_id, self.encode, self.revive, max_depth)
        self.raised = Raised(self)
        self.flows = Flows(peer)
        peer.values = self.values
        peer.release = self.release
        peer.encode_raised = self.raised.encode
        peer.decode_raised = self.raised.decode
        self._next = first_id
        self.given_classes: weakref.WeakSet[type] = weakref.WeakSet()
        """Classes that were given as values, not only named as the class of an object."""
        self._exports: dict[int, Any] = {}
        self._numbers: dict[int, int] = {}
        self._sent: dict[int, int] = {}
        self._described: set[int] = set()
        self._stand_ins: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()
        self._classes: dict[int, mirror.MirrorMeta] = {}
        self._members: dict[int, Any] = {}
        """Members of enumerations that are numbers: they have to stay the same object, but cannot be held weakly."""
        self._by_path: dict[tuple[str, str], mirror.MirrorMeta] = {}
        self._homes: weakref.WeakKeyDictionary[Any, mirror.Handle] = weakref.WeakKeyDictionary()
        self._describers = {"C": self._revive_class, "o": self._revive_instance, "v": self._revive_value}

    # -- exporting --------------------------------------------------------------------------------

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
            self._described.discard(number)

    def encode(self, value: Any) -> Encoded:
        """A reference to `value`, or its exact value where it derives from a builtin value."""
        home = self.home(value)
        if home is not None:
            return ["p", home.oid]
        if type(value) is mirror.BoundStub:
            return ["bm", self.encode(value._target)[1], value._name]
        if isinstance(value, Reference):
            return ["p", value.number]
        if isinstance(value, type):
            return self.encode_class(value)
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

    def home(self, value: Any) -> mirror.Handle | None:
        """The handle, if `value` stands for an object of the other side."""
        handle = mirror.handle_of(value)
        if handle is None and isinstance(value, (types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType)):
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
        if value.__name__ in _SHARED_MODULES and sys.modules.get(value.__name__) is value:
            return ["M", value.__name__]
        return ["m", self.number(value), value.__name__]

    def _function(self, value: Any) -> Encoded:
        if self.driver and isinstance(value, (types.BuiltinFunctionType, types.MethodDescriptorType)):
            path = _stdlib_path(value)
            if path is not None:
                return ["N", *path]
        number = self.number(value)
        facts = None
        if number not in self._described:
            self._described.add(number)
            facts = describe.function_facts(value, hide=self.driver)
        return ["fn", number, facts]

    def _instance(self, value: Any) -> Encoded:
        cls = type(value)
        base = describe.builtin_base(cls, VALUE_BASES)
        if base is not None and not self.driver:
            exact = base.__new__(base, value) if base is not tuple else tuple(tuple.__iter__(value))
            return ["v", self.number(value), self.values.encode(_exact(base, value, exact)), self.encode_class(cls)]
        if base is not None:
            return self.values.encode(_exact(base, value, base(value)))
        hashed = None
        if not self.driver and cls.__hash__ is not None and cls.__hash__ is not object.__hash__:
            hashed = _hash(value)
        encoded = ["o", self.number(value), self.encode_class(cls, instance=True), hashed]
        if not self.driver:
            shadowed = describe.shadowed_methods(value)
            if shadowed:
                encoded.append(sorted(shadowed))
        return encoded

    def encode_class(self, cls: type, *, instance: bool = False) -> Encoded:
        """A reference to a class, described when it crosses for the first time."""
        cls = vars(cls).get("_bridge_face_of", cls)
        home = mirror.handle_of(cls)
        if home is not None:
            if "_bridge_local" in vars(cls) or home.born == self.generation:
                return ["p", home.oid]
            self.find_again(home)
            return ["p", home.oid]
        if not instance:
            named = named_class(cls)
            if named is not None and (self.driver or cls.__name__ in _HARMLESS or issubclass(cls, BaseException)):
                return named
        number = self.number(cls)
        if not instance:
            self.given_classes.add(cls)
        if number in self._described:
            return ["C", number, None]
        self._described.add(number)
        return ["C", number, self._describe(cls)]

    def _describe(self, cls: type) -> dict[str, Any]:
        bases: list[Encoded] = []
        for base in cls.__bases__:
            if base is object:
                continue
            if base in VALUE_BASES or (issubclass(base, BaseException) and named_class(base) is not None):
                bases.append(named_class(base))
            else:
                bases.append(self.encode_class(base, instance=True))
        module = cls.__module__ if isinstance(cls.__module__, str) else "?"
        facts: dict[str, Any] = {
            "n": cls.__name__,
            "q": describe.short_name(cls.__qualname__) if self.driver else cls.__qualname__,
            "m": None if self.driver and module.partition(".")[0] not in sys.stdlib_module_names else module,
            "d": None if self.driver else (cls.__doc__ if isinstance(cls.__doc__, str) else None),
            "b": bases,
            "a": describe.members(cls, public_only=self.driver),
            "i": describe.abstract_names(cls),
        }
        if describe.is_enum(cls):
            facts["e"] = 1
        elif not self.driver:
            facts["t"] = describe.metaclass_members(cls)
            if describe.decides_membership(cls):
                facts["k"] = 1
        fields = vars(cls).get("__dataclass_fields__")
        if isinstance(fields, dict):
            facts["f"] = [str(name) for name in fields]
        return facts

    # -- reviving ---------------------------------------------------------------------------------

    def revive(self, tag: str, data: list[Any]) -> Any:
        """What a reference stands for on this side.

        Raises:
            BadValue: it is malformed, or names what this side does not give away.
        """
        if tag == "p":
            return self.exported(data[1])
        if tag in ("T", "S"):
            return harmless_class(data) if self.driver else resolve_class(data)
        if tag in ("E", "e"):
            return self.raised.decode(data)
        if tag in ("N", "M"):
            if self.driver and not (tag == "M" and data[1] in _SHARED_MODULES):
                raise BadValue("a name that the candidate's side may not use")
            return _lookup(data[1:])
        if tag == "bm" and not self.driver:
            return getattr(self.exported(data[1]), data[2])
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
        made = mirror.RemoteFunction(mirror.Handle(self, data[1], path), facts)
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
        own["_cache"] = {}
        own["_bridge"] = mirror.Handle(self, number, (module.__name__, ""))
        self._stand_ins[number] = module

    def _revive_flow(self, tag: str, data: list[Any]) -> Any:
        found = self._seen(data[1])
        if found is not None:
            return found
        handle = mirror.Handle(self, data[1])
        made = {"g": _generator, "co": _coroutine, "ag": _async_generator}[tag](handle, *data[1:2], *data[3:])
        made.__name__ = made.__qualname__ = str(data[2])
        if tag == "g" and data[3] is True:
            next(made)
        self._stand_ins[data[1]] = made
        self._homes[made] = handle
        return made

    def _revive_class(self, data: list[Any]) -> Any:
        known = self._classes.get(data[1])
        if known is not None:
            return known
        facts = data[2]
        if facts is None:
            raise BadValue("a class without description")
        path = (facts["m"] or "", facts["q"])
        old = self._by_path.get(path) if facts["m"] else None
        if old is not None and vars(old)["_bridge_class"].born != self.generation:
            type.__setattr__(old, "_bridge_class", mirror.Handle(self, data[1], path))
            self._classes[data[1]] = old
            for base in facts["b"]:
                self.values.decode(base)
            return old
        made = self._make_class(facts, data[1], path)
        self._classes[data[1]] = made
        if facts["m"]:
            self._by_path[path] = made
        return made

    def _make_class(self, facts: dict[str, Any], number: int, path: tuple[str, str]) -> mirror.MirrorMeta:
        bases = tuple(self.values.decode(base) for base in facts["b"])
        if not all(isinstance(base, type) for base in bases):
            raise BadValue("a base that is no class")
        error = any(issubclass(base, BaseException) for base in bases)
        value = any(issubclass(base, VALUE_BASES) for base in bases)
        if not any(isinstance(base, mirror.MirrorMeta) for base in bases) or (error or value) and not any(
            issubclass(base, (mirror.ErrorMirror, mirror.ValueMirror)) for base in bases
        ):
            bases = (mirror.ErrorMirror if error else mirror.ValueMirror if value else mirror.Mirror, *bases)
        namespace: dict[str, Any] = {
            "__module__": facts["m"] or "tests",
            "__qualname__": facts["q"],
            "__doc__": facts["d"],
        }
        stubs = self._stubs(facts["a"], namespace, plain=not (error or value))
        local = None if error or value else _local_class(facts)
        if local is not None:
            namespace["__class__"] = mirror.facade(local)
        if "f" in facts:
            namespace["__dataclass_fields__"] = mirror.dataclass_fields([str(name) for name in facts["f"]])
        bases = _consistent(bases)
        base_meta = mirror.EnumMirrorMeta if facts.get("e") else mirror.MirrorMeta
        special = [name for name in facts.get("t", ()) if name in describe.METACLASS_PROTOCOL]
        meta = mirror.metaclass(bases, special, base_meta)
        try:
            made = meta.__new__(meta, facts["n"], bases, namespace, made=True)
        except TypeError as problem:
            raise BadValue(f"the class {facts['n']!r:.80} cannot be represented: {problem}") from problem
        type.__setattr__(made, "_bridge_class", mirror.Handle(self, number, path if facts["m"] else None))
        if "k" in facts:
            type.__setattr__(made, "_bridge_abstract", True)  # noqa: FBT003
        for stub in stubs:
            stub.owner = made
        for name in facts["i"]:
            parent = describe.ABSTRACT.get(name)
            if parent is not None and not issubclass(made, parent):
                parent.register(made)  # type: ignore[attr-defined]
        return made

    def _stubs(
        self, names: dict[str, str], namespace: dict[str, Any], *, plain: bool
    ) -> list[mirror.MethodStub]:
        stubs: list[mirror.MethodStub] = []
        for name, kind in names.items():
            if name.startswith("__") and name.endswith("__"):
                if name not in describe.PROTOCOL or (not plain and name in (*describe.COMPARISONS, "__hash__")):
                    continue
                holder = _Owner()
                stubs.append(holder)
                namespace[name] = mirror.special(name, holder.get) if kind else None
            elif name in ("_bridge", "_bridge_class", "_bridge_local"):
                continue
            elif kind == "p":
                namespace[name] = mirror.PropertyStub(name)
            elif kind:
                stub = mirror.MethodStub(name, kind)
                stubs.append(stub)
                namespace[name] = stub
        if "__eq__" in namespace and plain and "__hash__" not in names:
            namespace["__hash__"] = None
        return stubs

    def _revive_instance(self, data: list[Any]) -> Any:
        found = self._seen(data[1])
        if found is None:
            found = self._new_instance(data)
        if len(data) > 4:
            object.__setattr__(found, "_shadowed", frozenset(str(name) for name in data[4]))
        return found

    def _new_instance(self, data: list[Any]) -> Any:
        cls = self.values.decode(data[2])
        if not isinstance(cls, mirror.MirrorMeta):
            raise BadValue("an object of no class")
        made: Any = object.__new__(cls)
        object.__setattr__(made, "_bridge", mirror.Handle(self, data[1]))
        object.__setattr__(made, "_hash", data[3] if isinstance(data[3], int) else None)
        self._stand_ins[data[1]] = made
        return made

    def _revive_value(self, data: list[Any]) -> Any:
        found = self._members.get(data[1]) or self._seen(data[1])
        if found is not None:
            return found
        cls = self.values.decode(data[3])
        value = self.values.decode(data[2])
        if not isinstance(cls, mirror.MirrorMeta) or type(value) not in VALUE_BASES or not issubclass(cls, type(value)):
            raise BadValue("a value that does not fit its class")
        made = type(value).__new__(cls, value)  # type: ignore[call-overload]
        object.__setattr__(made, "_bridge", mirror.Handle(self, data[1]))
        if isinstance(cls, mirror.EnumMirrorMeta):
            self._members[data[1]] = made
        elif type(value) is not tuple and not isinstance(value, (int, bytes)):
            self._stand_ins[data[1]] = made
        return made

    # -- the rest ---------------------------------------------------------------------------------

    def find_again(self, handle: mirror.Handle) -> None:
        """After a restart of the other process: what can be named is looked up again, the rest is lost.

        Raises:
            Gone: it was an object, not a module-level name.
        """
        if handle.path is None:
            raise Gone("restarted", "the candidate's process was started anew, this object was lost with the old one")
        found = self.peer.request("resolve", *handle.path)
        again = mirror.handle_of(found)
        if again is None:
            raise Gone("restarted", f"{'.'.join(handle.path)} is not what it was before the restart")
        handle.oid, handle.born, handle.count = again.oid, again.born, handle.count + again.count
        again.count = 0

    def restarted(self) -> None:
        """The other process is a new one: nothing that was exported or received is known there."""
        self.generation += 1
        self._exports.clear()
        self._numbers.clear()
        self._sent.clear()
        self._described.clear()
        self._classes.clear()
        self._members.clear()
        self._stand_ins = weakref.WeakValueDictionary()
        self.raised.forget()

    def subclass(
        self, cls: mirror.MirrorMeta, parent: mirror.Handle, namespace: dict[str, Any], kwargs: dict[str, Any]
    ) -> None:
        """A test derives a class from one of the candidate's: derive it over there too."""
        bases = [base for base in cls.__bases__ if isinstance(base, mirror.MirrorMeta)]
        body = {
            name: value
            for name, value in namespace.items()
            if name not in ("__module__", "__qualname__", "__doc__", "__classcell__", "__firstlineno__", "__static_attributes__")
        }
        number = parent.ask("subclass", cls.__name__, bases, body, kwargs)
        type.__setattr__(cls, "_bridge_class", mirror.Handle(self, number))
        type.__setattr__(cls, "_bridge_local", True)  # noqa: FBT003
        self._classes[number] = cls
        for name in body:
            if not (name.startswith("__") and name.endswith("__")) and not mirror.stays_local(namespace[name]):
                type.__delattr__(cls, name)


class _Owner(mirror.MethodStub):
    """Tells the stub of a special method to which class it belongs, once that exists."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__("", "m")

    def get(self) -> type:
        assert self.owner is not None
        return self.owner


def _consistent(bases: tuple[type, ...]) -> tuple[type, ...]:
    """Drop the general stand-in base where a more special one follows (it would break the resolution order)."""
    if len(bases) > 1:
        bases = tuple(
            base for base in bases if not any(other is not base and issubclass(other, base) for other in bases)
        )
    return bases


def _exact(base: type, value: Any, fallback: Any) -> Any:
    """The plain value inside an instance of a subclass, past anything that the subclass overrides."""
    if base is str:
        return str.__str__(value) if type(str.__str__(value)) is str else "".join(str.__getitem__(value, slice(None)))
    if base is int:
        return int.__int__(value)
    if base is float:
        return float.__float__(value)
    if base is bytes:
        return bytes.__getitem__(value, slice(None))
    if base is frozenset:
        return frozenset(frozenset.__iter__(value))
    return fallback


def _hash(value: Any) -> int | None:
    try:
        return hash(value)
    except Exception:  # noqa: BLE001 -- a candidate's __hash__ may raise anything; it is asked again when needed
        return None


def _local_class(facts: dict[str, Any]) -> type | None:
    """The class of this side's standard library that a described class is, where it is one that tests ask for."""
    if facts["m"] == "builtins":
        found = getattr(builtins, facts["q"], None)
    elif facts["m"] in _TYPE_MODULES - {"enum", "typing", "collections.abc", "numbers"}:
        found = getattr(sys.modules.get(facts["m"]), facts["q"], None)
    else:
        return None
    return found if isinstance(found, type) and found is not object else None


def _bare_awaitable(value: Any) -> bool:
    return not isinstance(type(value), mirror.MirrorMeta) and type(value).__module__ == "builtins" and inspect.isawaitable(value)


def _stdlib_path(value: Any) -> tuple[str, str] | None:
    owner = getattr(value, "__objclass__", None)
    if owner is None and isinstance(getattr(value, "__self__", None), type):
        owner = value.__self__
    if owner is not None:
        named = describe.named_builtin(owner)
        return ("builtins", f"{named}.{value.__name__}") if named else None
    holder = getattr(value, "__self__", None)
    if isinstance(holder, types.ModuleType) and holder.__name__.partition(".")[0] in sys.stdlib_module_names:
        return (holder.__name__, value.__name__)
    return None


def _lookup(path: list[str]) -> Any:
    found: Any = importlib.import_module(path[0])
    for part in path[1].split(".") if len(path) > 1 else ():
        found = getattr(found, part)
    return found


def _generator(handle: mirror.Handle, number: int, started: bool) -> Any:  # noqa: FBT001
    """A generator that lets the other side's do the work; `started`: advance it once, as that one has been."""
    reference = Reference(number)

    def run() -> Any:
        count = 0
        operation: tuple[str, tuple[Any, ...]] = ("__next__", ())
        if started is True:
            sent = yield None
            operation = ("__next__", ()) if sent is None else ("send", (sent,))
        while True:
            count += 1
            if count > mirror._PREFETCH_AFTER and operation[0] == "__next__":
                batch = handle.ask("many", reference)
                for item in batch:
                    yield item
                if not batch:
                    return None
                continue
            try:
                item = handle.ask("meth", reference, operation[0], operation[1], {})
            except StopIteration as stop:
                return stop.value
            try:
                sent = yield item
                operation = ("__next__", ()) if sent is None else ("send", (sent,))
            except GeneratorExit:
                handle.ask("meth", reference, "close", (), {})
                raise
            except BaseException as error:  # noqa: BLE001 -- thrown in by the consumer, belongs to the generator
                operation = ("throw", (error,))

    return run()


def _coroutine(handle: mirror.Handle, number: int) -> Any:
    async def run() -> Any:
        return await handle.objects.flows.wait_for(Reference(number))

    return run()


def _async_generator(handle: mirror.Handle, number: int) -> Any:
    async def run() -> Any:
        while True:
            try:
                item = await handle.ask("meth", Reference(number), "__anext__", (), {})
            except StopAsyncIteration:
                return
            yield item

    return run()

