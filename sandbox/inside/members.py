"""What stands in a stand-in class for the real class's methods, properties and special methods.

Two rules keep a stranger's object from deciding about a plain value: a stand-in that some function returned never
equals one, and a stand-in for a subclass of int, str, tuple … carries the exact value and compares as the builtin.
"""

from __future__ import annotations

import dataclasses
import functools
import types
from collections.abc import Callable
from typing import Any

from . import describe
from .handles import NEVER_ASKED, PREFETCH_AFTER, class_handle, instance_handle, required, slot

compared_apart: set[str] = set()
"""Classes with an equality of their own whose objects were compared with a plain value, and were unequal to it."""
_MOST_APART = 5
_COMPARED = (*describe.CONTAINER_BASES, tuple, frozenset)
_OPERATORS = frozenset(
    [f"__{prefix}{name}__" for name in describe.ARITHMETIC for prefix in ("", "r", "i")]
    + ["__neg__", "__pos__", "__abs__", "__invert__", "__round__"]
)


def invoke(self: Any, owner: type, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call method `name` of the object behind `self`; from a test's own subclass, the method of `owner`."""
    handle = instance_handle(self)
    if handle is None:
        raise TypeError(
            f"{owner.__name__}.{name} needs an object of the candidate's class, not {type(self).__name__}"
        )
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
            return class_handle(self._target).ask("meth", self._target, self._name, args, kwargs)
        if self._name in (slot(self._target, "_bridge_shadowed") or ()):
            # taken before something else was put in its place: a spy that calls what it watches
            return required(self._target).ask("umeth", self._owner, self._name, self._target, args, kwargs)
        return invoke(self._target, self._owner, self._name, args, kwargs)

    def fetch(self) -> Any:
        """The other side's own bound method."""
        handle = class_handle(self._target) if isinstance(self._target, type) else required(self._target)
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
        if name in NEVER_ASKED:
            raise AttributeError(name)
        return getattr(self.fetch(), name)

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return types.MethodType

    def __eq__(self, other: object) -> bool:
        if type(other) is not BoundStub:
            return NotImplemented
        return self._target is other._target and self._name == other._name

    def __hash__(self) -> int:
        return hash((id(self._target), self._name))


class MethodStub:
    """Stands in a stand-in class for a method, class method or static method."""

    __slots__ = ("_kept", "kind", "name", "owner")

    def __init__(self, name: str, kind: str) -> None:
        self._kept: Any = None
        self.name = name
        self.kind = kind
        self.owner: type | None = None

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return {"s": staticmethod, "c": classmethod}.get(self.kind, types.FunctionType)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._fetch()(*args, **kwargs)

    def keep(self) -> None:
        """Something else is put in its place: whoever took the stub before means what was there."""
        if self._kept is None:
            self._kept = self._fetch()

    def _fetch(self) -> Any:
        assert self.owner is not None
        if self._kept is not None:
            return self._kept
        return class_handle(self.owner).ask("get", self.owner, self.name)

    @property
    def __func__(self) -> Any:
        return self._fetch()

    def __getattr__(self, name: str) -> Any:
        if name in NEVER_ASKED:
            raise AttributeError(name)
        return getattr(self._fetch(), name)

    def __get__(self, obj: Any, cls: type) -> Any:
        if obj is not None and self._shadowed(obj):
            return required(obj).ask("get", obj, self.name)
        if self.kind != "m":
            target = cls if self.kind == "c" else self.owner
            return BoundStub(target, None, self.name)
        if obj is None:
            assert self.owner is not None
            return class_handle(cls).ask("get", cls, self.name)
        return BoundStub(obj, self.owner, self.name)

    def _shadowed(self, obj: Any) -> bool:
        names = slot(obj, "_bridge_shadowed")
        return names is not None and self.name in names


class PropertyStub:
    """Stands for a property or another data descriptor."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, obj: Any, cls: type) -> Any:
        if obj is None:
            return class_handle(cls).ask("get", cls, self.name)
        handle = instance_handle(obj)
        assert handle is not None
        return handle.ask("get", obj, self.name)

    def __set__(self, obj: Any, value: Any) -> None:
        required(obj).ask("set", obj, self.name, value)

    def __delete__(self, obj: Any) -> None:
        required(obj).ask("del", obj, self.name)


def next_of(self: Any) -> Any:
    """`__next__` of an iterator over there: one by one at first, as a test of laziness expects, then in batches."""
    ahead: list[Any] | None = slot(self, "_bridge_ahead")
    if ahead:
        return ahead.pop()
    count = (slot(self, "_bridge_nexts") or 0) + 1
    object.__setattr__(self, "_bridge_nexts", count)
    handle = required(self)
    if count < PREFETCH_AFTER:
        return handle.ask("meth", self, "__next__", (), {})
    batch = handle.ask("many", self)
    if not batch:
        raise StopIteration
    batch.reverse()
    object.__setattr__(self, "_bridge_ahead", batch)
    return batch.pop()


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


def _keeping_equality(stub: Callable[..., Any]) -> Callable[..., Any]:
    """The sum of two objects that the test made is one, too."""

    def operate(self: Any, *args: Any) -> Any:
        result = stub(self, *args)
        if type(result) is type(self) and slot(self, "_bridge_own_eq"):
            object.__setattr__(result, "_bridge_own_eq", True)
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
        handle = required(self)
        if handle.objects.peer.decoding:
            return self is other if name == "__eq__" else self is not other
        if instance_handle(other) is not None:
            return handle.ask("meth", self, name, (other,), {})
        if slot(self, "_bridge_own_eq"):
            return handle.ask("meth", self, name, (other,), {})
        content = _content(self, handle, other)
        if content is not None:
            return (content == other) is (name == "__eq__")
        if len(compared_apart) < _MOST_APART:
            compared_apart.add(type(self).__name__)
        return NotImplemented

    compare.__name__ = name
    return compare


def _content(self: Any, handle: Any, other: Any) -> Any:
    """What an object of the other side holds, as a plain value like `other` that is compared here; None without it.

    `assert returned == [1, 2]` is so no more than `assert list(returned) == [1, 2]`, which its author might as well
    have written. The object's own comparison is not asked.
    """
    if type(other) is types.SimpleNamespace:
        inside = handle.ask("get", self, "__dict__") if self.__class__ is types.SimpleNamespace else None
        return types.SimpleNamespace(**inside) if type(inside) is dict else None
    like: Any = next((base for base in _COMPARED if isinstance(other, base)), None)
    content: Any = None if like is None else handle.ask("fetch", self, like is dict)
    if type(content) not in _COMPARED:
        return None
    same_kind = type(content) is like or {type(content), like} <= {set, frozenset}
    return like(content) if like is not None and (type(content) is list or same_kind) else content


def _hash(self: Any) -> int:
    known = slot(self, "_bridge_hash")
    if isinstance(known, int):
        return known
    return int(required(self).ask("hash", self))


def dataclass_fields(facts: list[tuple[Any, ...]]) -> dict[str, Any]:
    """Local `dataclasses.Field`s, so that `fields`, `asdict` and `replace` work on a stand-in."""
    made = dataclasses.make_dataclass("fields", [(str(name), object) for name, _, _, _ in facts])
    found: dict[str, Any] = made.__dict__["__dataclass_fields__"]
    for name, kind, default, flags in facts:
        field = found[str(name)]
        field.type = kind if kind is not None else object
        if default:
            setattr(field, "default" if default[0] == "value" else "default_factory", default[1])
        for flag in ("init", "repr", "compare", "kw_only"):
            if flag in flags:
                setattr(field, flag, bool(flags[flag]))
    return found
