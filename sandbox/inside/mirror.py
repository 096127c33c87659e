"""Stand-ins for objects that live in the other process.

A class of the other side becomes a real class here (so that `isinstance`, `except` and `pytest.raises` work), a
function becomes a callable, a generator a real generator, a coroutine a real coroutine. What they do is asked of
the other side. Two rules keep a stranger's object from deciding about a plain value: a stand-in never equals one,
and a stand-in for a subclass of int, str, tuple … carries the exact value and compares as the builtin does.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import inspect
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import describe

if TYPE_CHECKING:
    from .objects import Objects

_NEVER_ASKED = frozenset(
    "__test__ pytestmark _pytestfixturefunction __pytest_wrapped__ __unittest_skip__ __unittest_expecting_failure__ "
    "__isabstractmethod__ __abstractmethods__ __wrapped__ __partialmethod__ _is_coroutine_marker _mock_methods "
    "__array__ __array_interface__ __array_struct__ __rich_repr__ __tracebackhide__ "
    "_ipython_display_ __init_subclass__ __slots__ __bridge__".split()
)
"""Names that test tools look for on everything; asking the other side would only cost time."""

_PREFETCH_AFTER = 128


class Handle:
    """Names one object of the other side. When the last one dies, the other side may forget the object."""

    __slots__ = ("born", "count", "objects", "oid", "path")

    latest: Objects | None = None
    """The tables of this process (there is one bridge in it)."""

    def __init__(self, objects: Objects, oid: int, path: tuple[str, str] | None = None) -> None:
        self.objects = Handle.latest = objects
        self.oid = oid
        self.count = 1
        self.born = objects.generation
        self.path = path

    def ask(self, operation: str, *args: Any) -> Any:
        """Let the other side do something with the object."""
        if self.born != self.objects.generation:
            self.objects.find_again(self)
        return self.objects.peer.request(operation, *args)

    def __del__(self) -> None:
        if self.born == self.objects.generation:
            self.objects.peer.drops.append((self.oid, self.count))


def handle_of(obj: Any) -> Handle | None:
    """The handle behind a stand-in; None for an object of this side."""
    kind = type(obj)
    if isinstance(kind, MirrorMeta):
        return _instance_handle(obj)
    if kind is RemoteFunction or kind is RemoteModule:
        found: Handle = object.__getattribute__(obj, "_bridge")
        return found
    if isinstance(obj, type) and isinstance(obj, MirrorMeta):
        return vars(obj).get("_bridge_class")
    if kind is BoundStub:
        return None
    return None


def _instance_handle(obj: Any) -> Handle | None:
    try:
        handle: Handle = object.__getattribute__(obj, "_bridge")
    except AttributeError:
        return None
    return handle


def unpickled(data: bytes) -> Any:
    """What `pickle.loads` makes of a stand-in: the other side reads its own bytes."""
    assert Handle.latest is not None
    return Handle.latest.peer.request("unpickle", data)


class MirrorMeta(type):
    """The type of stand-in classes: attributes, construction and changes are asked of the real class."""

    def __new__(
        mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], *, made: bool = False, **kwargs: Any
    ) -> MirrorMeta:
        cls = super().__new__(mcs, name, bases, namespace)
        if not made:
            parents = [base for base in cls.__mro__[1:] if "_bridge_class" in vars(base)]
            if parents:
                handle: Handle = vars(parents[0])["_bridge_class"]
                handle.objects.subclass(cls, handle, namespace, kwargs)
        return cls

    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **_: Any) -> None:
        super().__init__(name, bases, namespace)

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        made = _class_handle(cls).ask("call", cls, args, kwargs)
        if type(made) is cls and cls.__name__[:1].isupper():
            object.__setattr__(made, "_own_eq", True)
        return made

    def __getattr__(cls, name: str) -> Any:
        if name in _NEVER_ASKED or "_bridge_class" not in vars(cls):
            raise AttributeError(name)
        if name == "__signature__":
            return _signature(_class_handle(cls), cls)
        return _class_handle(cls).ask("get", cls, name)

    def __instancecheck__(cls, obj: Any) -> bool:
        if super().__instancecheck__(obj):
            return True
        return _may_ask(cls) and bool(_class_handle(cls).ask("isinstance", cls, obj))

    def __subclasscheck__(cls, other: type) -> bool:
        if super().__subclasscheck__(other):
            return True
        return _may_ask(cls) and bool(_class_handle(cls).ask("issubclass", cls, other))

    def __setattr__(cls, name: str, value: Any) -> None:
        if "_bridge_class" not in vars(cls) or name in _NEVER_ASKED or name == "__doc__":
            super().__setattr__(name, value)
            return
        if isinstance(value, (MethodStub, PropertyStub)):
            _class_handle(cls).ask("restore", cls, name)
            return
        _class_handle(cls).ask("set", cls, name, value)
        if name == "__init__" or ("_bridge_local" in vars(cls) and stays_local(value)):
            super().__setattr__(name, value)

    def __delattr__(cls, name: str) -> None:
        _class_handle(cls).ask("del", cls, name)
        if name in vars(cls) and (name == "__init__" or "_bridge_local" in vars(cls)):
            super().__delattr__(name)

    def __subclasses__(cls) -> list[type]:
        if "_bridge_class" not in vars(cls):
            return super().__subclasses__()
        return list(_class_handle(cls).ask("meth", cls, "__subclasses__", (), {}))

    def __dir__(cls) -> list[str]:
        if "_bridge_class" not in vars(cls):
            return list(super().__dir__())
        return list(_class_handle(cls).ask("dir", cls))


def stays_local(value: Any) -> bool:
    """Whether an attribute of a test's own class is code, which runs over here; data is kept over there."""
    return isinstance(value, (types.FunctionType, classmethod, staticmethod, property, functools.cached_property))


def metaclass(bases: tuple[type, ...], names: list[str], base: type[MirrorMeta]) -> type[MirrorMeta]:
    """A metaclass for a stand-in class whose real metaclass has special methods `names` of its own."""
    metas = [type(parent) for parent in bases if isinstance(parent, MirrorMeta)] or [base]
    derived = next((meta for meta in metas if all(issubclass(meta, other) for other in metas)), None)
    if derived is not None and not names:
        return derived if issubclass(derived, base) else base
    parents = (derived,) if derived is not None else tuple(dict.fromkeys(metas))
    return type("MirrorMeta", parents, {name: _metacall(name) for name in names})


def _metacall(name: str) -> Callable[..., Any]:
    def stub(cls: type, *args: Any) -> Any:
        if "_bridge_class" not in vars(cls):
            return getattr(super(MirrorMeta, cls), name)(*args)
        return _class_handle(cls).ask("metacall", cls, name, *args)

    return stub


def _may_ask(cls: type) -> bool:
    """Whether membership of `cls` is decided over there, and can be asked now."""
    return "_bridge_abstract" in vars(cls) and not _class_handle(cls).objects.peer.decoding


def facade(local: type) -> property:
    """`__class__` for stand-ins of instances of a standard class, so that `isinstance(x, dict)` holds."""
    faces: dict[type, type] = {}

    def face(self: Any) -> type:
        cls = type(self)
        if cls not in faces:
            faces[cls] = _face(cls, local)
        return faces[cls]

    return property(face)


def _face(cls: type, local: type) -> type:
    if cls.__name__ == local.__name__:
        return local
    meta = type(
        "FacadeMeta",
        (type(local),),
        {
            "__call__": lambda _, *args, **kwargs: cls(*args, **kwargs),
            "__eq__": lambda self, other: other is self or other is cls,
            "__hash__": lambda _: hash(cls),
        },
    )
    namespace = {"__module__": cls.__module__, "__qualname__": cls.__qualname__, "_bridge_face_of": cls}
    try:
        face: type = meta(cls.__name__, (local,), namespace)
    except TypeError:
        return local
    return face


def install_enum_checks() -> None:
    """Let `isinstance(member, enum.Enum)` hold for members of the other side's enumerations."""
    def instance_check(cls: type, obj: Any) -> bool:
        return type.__instancecheck__(cls, obj) or _is_standard_enum(cls, type(obj))

    def subclass_check(cls: type, other: Any) -> bool:
        return type.__subclasscheck__(cls, other) or _is_standard_enum(cls, other)

    enum.EnumType.__instancecheck__ = instance_check  # type: ignore[method-assign, assignment]
    enum.EnumType.__subclasscheck__ = subclass_check  # type: ignore[method-assign, assignment]


def _is_standard_enum(cls: type, stand_in: Any) -> bool:
    if cls.__module__ != "enum" or not isinstance(stand_in, EnumMirrorMeta):
        return False
    return any(base.__module__ == "enum" and base.__name__ == cls.__name__ for base in stand_in.__mro__)


class EnumMirrorMeta(MirrorMeta):
    """For enumerations, whose classes are collections."""

    @property
    def __class__(cls) -> type:  # type: ignore[override]
        return enum.EnumType

    def __iter__(cls) -> Any:
        return iter(_class_handle(cls).ask("list", cls))

    def __len__(cls) -> int:
        return int(_class_handle(cls).ask("metacall", cls, "__len__"))

    def __getitem__(cls, name: str) -> Any:
        return _class_handle(cls).ask("metacall", cls, "__getitem__", name)

    def __contains__(cls, value: Any) -> bool:
        return bool(_class_handle(cls).ask("metacall", cls, "__contains__", value))


def _class_handle(cls: type) -> Handle:
    handle = vars(cls).get("_bridge_class")
    if handle is None:
        raise TypeError(f"{cls.__name__} is not a class of the candidate's")
    assert isinstance(handle, Handle)
    return handle


class _Annotation:
    """An annotation that is no class, as it reads."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def _annotation(note: list[Any]) -> Any:
    if not note:
        return inspect.Parameter.empty
    return _Annotation(str(note[0])) if len(note) > 1 else note[0]


def _signature(handle: Handle, target: Any) -> inspect.Signature:
    try:
        rows, result = handle.ask("sig", target)
    except (TypeError, ValueError) as error:
        raise AttributeError("__signature__") from error
    kinds = list(inspect._ParameterKind)
    parameters = [
        inspect.Parameter(
            name,
            kinds[kind],
            default=default if has_default else inspect.Parameter.empty,
            annotation=_annotation(note),
        )
        for name, kind, has_default, default, note in rows
    ]
    return inspect.Signature(parameters, return_annotation=_annotation(result))


def invoke(self: Any, owner: type, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call method `name` of the object behind `self`; from a test's own subclass, the method of `owner`."""
    handle = _instance_handle(self)
    if handle is None:
        raise TypeError(f"{owner.__name__}.{name} needs an object of the candidate's class, not {type(self).__name__}")
    if "_bridge_local" in vars(type(self)) and _overridden(type(self), owner, name):
        return handle.ask("umeth", owner, name, self, args, kwargs)
    return handle.ask("meth", self, name, args, kwargs)


def _overridden(cls: type, owner: type, name: str) -> bool:
    """Whether the test's own class has `name`, so that reaching `owner`'s means that it calls `super()`."""
    for base in cls.__mro__:
        if base is owner:
            return False
        if name in vars(base):
            return True
    return False


class BoundStub:
    """A method of an object or class of the other side, bound but not fetched: calling it is one message."""

    __slots__ = ("_name", "_owner", "_target")

    def __init__(self, target: Any, owner: type | None, name: str) -> None:
        self._target = target
        self._owner = owner
        self._name = name

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        if self._owner is None:
            return _class_handle(self._target).ask("meth", self._target, self._name, args, kwargs)
        return invoke(self._target, self._owner, self._name, args, kwargs)

    def fetch(self) -> Any:
        """The other side's own bound method."""
        handle = handle_of(self._target)
        assert handle is not None
        return handle.ask("get", self._target, self._name)

    @property
    def __self__(self) -> Any:
        return self._target

    @property
    def __name__(self) -> str:
        return self._name

    @property
    def __doc__(self) -> Any:  # type: ignore[override]
        return self.fetch().__doc__

    def __getattr__(self, name: str) -> Any:
        if name in _NEVER_ASKED:
            raise AttributeError(name)
        return getattr(self.fetch(), name)

    @property
    def __class__(self) -> type:  # type: ignore[override]
        return types.MethodType

    def __eq__(self, other: object) -> bool:
        if type(other) is not BoundStub:
            return NotImplemented
        return self._target is other._target and self._name == other._name

    def __hash__(self) -> int:
        return hash((id(self._target), self._name))


class MethodStub:
    """Stands in a stand-in class for a method, class method or static method."""

    __slots__ = ("kind", "name", "owner")

    def __init__(self, name: str, kind: str) -> None:
        self.name = name
        self.kind = kind
        self.owner: type | None = None

    @property
    def __class__(self) -> type:  # type: ignore[override]
        return {"s": staticmethod, "c": classmethod}.get(self.kind, types.FunctionType)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._fetch()(*args, **kwargs)

    def _fetch(self) -> Any:
        assert self.owner is not None
        return _class_handle(self.owner).ask("get", self.owner, self.name)

    @property
    def __func__(self) -> Any:
        return self._fetch()

    def __getattr__(self, name: str) -> Any:
        if name in _NEVER_ASKED:
            raise AttributeError(name)
        return getattr(self._fetch(), name)

    def __get__(self, obj: Any, cls: type) -> Any:
        if obj is not None and self._shadowed(obj):
            return _required(obj).ask("get", obj, self.name)
        if self.kind != "m":
            target = cls if self.kind == "c" else self.owner
            return BoundStub(target, None, self.name)
        if obj is None:
            assert self.owner is not None
            return _class_handle(cls).ask("get", cls, self.name)
        return BoundStub(obj, self.owner, self.name)

    def _shadowed(self, obj: Any) -> bool:
        names = getattr_slot(obj, "_shadowed")
        return names is not None and self.name in names


class PropertyStub:
    """Stands for a property or another data descriptor."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, obj: Any, cls: type) -> Any:
        if obj is None:
            return _class_handle(cls).ask("get", cls, self.name)
        handle = _instance_handle(obj)
        assert handle is not None
        return handle.ask("get", obj, self.name)

    def __set__(self, obj: Any, value: Any) -> None:
        _required(obj).ask("set", obj, self.name, value)

    def __delete__(self, obj: Any) -> None:
        _required(obj).ask("del", obj, self.name)


def _required(obj: Any) -> Handle:
    handle = _instance_handle(obj)
    if handle is None:
        raise AttributeError("this object was not made by the candidate's class")
    return handle


class Body:
    """What all stand-ins for instances do. `__getattr__` is reached only for names the class has no stub for."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if name in _NEVER_ASKED or name == "_bridge":
            raise AttributeError(name)
        return _required(self).ask("get", self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        _required(self).ask("set", self, name, value)
        if isinstance(getattr_static(type(self), name), MethodStub):
            object.__setattr__(self, "_shadowed", (getattr_slot(self, "_shadowed") or frozenset()) | {name})

    def __delattr__(self, name: str) -> None:
        _required(self).ask("del", self, name)
        if getattr_slot(self, "_shadowed"):
            object.__setattr__(self, "_shadowed", getattr_slot(self, "_shadowed") - {name})

    def __dir__(self) -> list[str]:
        return list(_required(self).ask("dir", self))

    def __copy__(self) -> Any:
        return _required(self).ask("copy", self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        copied = _required(self).ask("deepcopy", self)
        memo[id(self)] = copied
        return copied

    def __reduce_ex__(self, _protocol: Any) -> Any:
        return (unpickled, (_required(self).ask("pickle", self),))


class Mirror(Body, metaclass=MirrorMeta, made=True):
    """The base of stand-ins for ordinary objects."""

    @property
    def __dict__(self) -> Any:  # type: ignore[override]
        return _required(self).ask("get", self, "__dict__")

    def __repr__(self) -> str:
        return str(_required(self).ask("repr", self))

    def __str__(self) -> str:
        return str(_required(self).ask("str", self))

    def __format__(self, spec: str) -> str:
        return str(_required(self).ask("format", self, spec))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        owner = next(base for base in type(self).__mro__ if "_bridge_class" in vars(base) and "_bridge_local" not in vars(base))
        invoke(self, owner, "__init__", args, kwargs)


class ValueMirror(Body, metaclass=MirrorMeta, made=True):
    """The base of stand-ins for instances of subclasses of int, str, tuple …: the value is here, the rest there."""


class ErrorMirror(Body, metaclass=MirrorMeta, made=True):
    """The base of stand-ins for exceptions of the other side's classes."""

    def __str__(self) -> str:
        text = object.__getattribute__(self, "__dict__").get("_text")
        return text if isinstance(text, str) else super().__str__()

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("__"):
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)


class RemoteFunction:
    # A function of the other side. Looks like a function to `inspect` where the real one is one.

    __slots__ = ("__weakref__", "_bridge", "_facts")

    def __init__(self, handle: Handle, facts: dict[str, Any]) -> None:
        object.__setattr__(self, "_bridge", handle)
        object.__setattr__(self, "_facts", facts)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        return self._bridge.ask("call", self, args, kwargs)

    def __get__(self, obj: Any, cls: type | None = None) -> Any:
        if obj is None or self._facts["k"] != "f":
            return self
        return types.MethodType(self, obj)

    @property
    def __class__(self) -> type:  # type: ignore[override]
        return types.FunctionType if self._facts["k"] == "f" else RemoteFunction

    @property
    def __code__(self) -> Any:
        if self._facts["k"] != "f":
            raise AttributeError("__code__")
        return _code(self._facts, self._bridge, self)

    @property
    def __signature__(self) -> inspect.Signature:
        return _signature(self._bridge, self)

    __doc__ = property(lambda self: self._facts["d"])  # type: ignore[assignment]
    __module__ = property(lambda self: self._facts["m"] or "tests")  # type: ignore[assignment]

    def __getattr__(self, name: str) -> Any:
        if name in ("__name__", "__qualname__"):
            return self._facts["n" if name == "__name__" else "q"]
        if name in _NEVER_ASKED and name != "__wrapped__":
            raise AttributeError(name)
        return self._bridge.ask("get", self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._bridge.ask("set", self, name, value)

    def __delattr__(self, name: str) -> None:
        self._bridge.ask("del", self, name)

    def __dir__(self) -> list[str]:
        return list(self._bridge.ask("dir", self))

    def __copy__(self) -> RemoteFunction:
        return self

    def __deepcopy__(self, _memo: Any) -> RemoteFunction:
        return self

    def __reduce_ex__(self, _protocol: Any) -> Any:
        return str(self._facts["q"])

    def __repr__(self) -> str:
        return f"<function {self._facts['q']}>"


def _code(facts: dict[str, Any], handle: Handle, function: Any) -> types.SimpleNamespace:
    rows: list[Any] = handle.ask("sig", function)[0]
    names = tuple(row[0] for row in rows if row[1] in (0, 1))
    return types.SimpleNamespace(
        co_flags=facts["f"],
        co_name=facts["n"],
        co_argcount=len(names),
        co_varnames=names,
        co_kwonlyargcount=sum(row[1] == inspect.Parameter.KEYWORD_ONLY for row in rows),
        co_posonlyargcount=sum(row[1] == inspect.Parameter.POSITIONAL_ONLY for row in rows),
        co_firstlineno=1,
        co_filename="<candidate>",
    )


class RemoteModule(types.ModuleType):
    """A module of the other side. Functions and classes are fetched once; other attributes every time."""

    _bridge: Handle
    _cache: dict[str, Any]

    def __getattribute__(self, name: str) -> Any:
        if name in ("__dict__", "__class__", "__name__", "__spec__", "__loader__", "__path__", "__package__", "__file__"):
            return super().__getattribute__(name)
        own = super().__getattribute__("__dict__")
        if name in ("_bridge", "_cache") or "_bridge" not in own:
            return super().__getattribute__(name)
        if name == "__all__" and "__all__" in own:
            return own["__all__"]
        cache = own["_cache"]
        if name in cache:
            return cache[name]
        if name in _NEVER_ASKED or name == "__cached__":
            raise AttributeError(name)
        value = own["_bridge"].ask("get", self, name)
        if type(value) is RemoteFunction or isinstance(value, (MirrorMeta, RemoteModule)):
            cache[name] = value
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        own = types.ModuleType.__getattribute__(self, "__dict__")
        if "_bridge" not in own or (name.startswith("__") and name.endswith("__")):
            super().__setattr__(name, value)
            return
        if isinstance(value, RemoteModule) and own["__name__"] + "." + name == value.__name__:
            own["_cache"][name] = value
            return
        own["_cache"].pop(name, None)
        if name == "super":
            own["_bridge"].objects.super_double = value
        own["_bridge"].ask("set", self, name, value)

    def __delattr__(self, name: str) -> None:
        own = types.ModuleType.__getattribute__(self, "__dict__")
        own["_cache"].pop(name, None)
        own["_bridge"].ask("del", self, name)

    def __dir__(self) -> list[str]:
        return list(self._bridge.ask("dir", self))


def next_of(self: Any) -> Any:
    """`__next__` of an iterator over there: one by one at first, as a test of laziness expects, then in batches."""
    ahead: list[Any] | None = getattr_slot(self, "_ahead")
    if ahead:
        return ahead.pop()
    count = (getattr_slot(self, "_nexts") or 0) + 1
    object.__setattr__(self, "_nexts", count)
    handle = _required(self)
    if count < _PREFETCH_AFTER:
        return handle.ask("meth", self, "__next__", (), {})
    batch = handle.ask("many", self)
    if not batch:
        raise StopIteration
    batch.reverse()
    object.__setattr__(self, "_ahead", batch)
    return batch.pop()


def getattr_static(cls: type, name: str) -> Any:
    """What stands under `name` in the class, unbound; None when nothing does."""
    return next((vars(base)[name] for base in cls.__mro__ if name in vars(base)), None)


def getattr_slot(self: Any, name: str) -> Any:
    """A slot's value, None where it was never set."""
    try:
        return object.__getattribute__(self, name)
    except AttributeError:
        return None


def special(name: str, owner: Callable[[], type]) -> Any:
    """A stub for a special method of a stand-in class."""
    if name in ("__eq__", "__ne__"):
        return _equality(name)
    if name == "__hash__":
        return _hash
    if name == "__next__":
        return next_of

    def stub(self: Any, *args: Any, **kwargs: Any) -> Any:
        return invoke(self, owner(), name, args, kwargs)

    if name in _OPERATORS:
        stub = _keeping_equality(stub)
    stub.__name__ = stub.__qualname__ = name
    if name in ("__bool__", "__contains__"):
        return _exactly(bool, stub)
    return stub


_OPERATORS = frozenset(
    [f"__{prefix}{name}__" for name in describe.ARITHMETIC for prefix in ("", "r", "i")]
    + ["__neg__", "__pos__", "__abs__", "__invert__", "__round__"]
)


def _keeping_equality(stub: Callable[..., Any]) -> Callable[..., Any]:
    """The sum of two objects that the test made is one, too."""

    def operate(self: Any, *args: Any) -> Any:
        result = stub(self, *args)
        if type(result) is type(self) and getattr_slot(self, "_own_eq"):
            object.__setattr__(result, "_own_eq", True)
        return result

    return operate


def _exactly(kind: type, stub: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(stub)
    def exact(self: Any, *args: Any) -> Any:
        return kind(stub(self, *args))

    return exact


def _equality(name: str) -> Callable[[Any, Any], Any]:
    """Objects of the other side compare among themselves there; with a plain value they are unequal.

    Unless the test itself made the object by calling a class (and calls it one, by a capital): then it means the
    class's own equality. A function that returns an object that says yes to everything gains nothing.
    """

    def compare(self: Any, other: Any) -> Any:
        handle = _required(self)
        if handle.objects.peer.decoding:
            return self is other if name == "__eq__" else self is not other
        if isinstance(type(other), MirrorMeta) and _instance_handle(other) is not None:
            return handle.ask("meth", self, name, (other,), {})
        if getattr_slot(self, "_own_eq"):
            return handle.ask("meth", self, name, (other,), {})
        if isinstance(other, describe.CONTAINER_BASES):
            content = handle.ask("fetch", self)
            if type(content) in describe.CONTAINER_BASES:
                return (content == other) is (name == "__eq__")
        return NotImplemented

    compare.__name__ = name
    return compare


def _hash(self: Any) -> int:
    known = getattr_slot(self, "_hash")
    if isinstance(known, int):
        return known
    return int(_required(self).ask("hash", self))


def dataclass_fields(names: list[str]) -> dict[str, Any]:
    """Local `dataclasses.Field`s, so that `fields`, `asdict` and `replace` work on a stand-in."""
    made = dataclasses.make_dataclass("fields", [(name, object) for name in names])
    found: dict[str, Any] = made.__dict__["__dataclass_fields__"]
    return found
