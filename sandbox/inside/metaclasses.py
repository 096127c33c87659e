"""The types of stand-in classes: attributes, construction, changes and membership are asked of the real class."""

from __future__ import annotations

import enum
import functools
import json
import types
from collections.abc import Callable
from typing import Any

from .handles import NEVER_ASKED, Handle, class_handle, instance_handle
from .members import MethodStub, PropertyStub
from .signatures import signature


class MirrorMeta(type):
    """The type of stand-in classes: attributes, construction and changes are asked of the real class."""

    def __new__(
        mcs,
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        *,
        made: bool = False,
        **kwargs: Any,
    ) -> MirrorMeta:
        cls = super().__new__(mcs, name, bases, namespace)
        if not made:
            parents = [base for base in cls.__mro__[1:] if "_bridge_class" in vars(base)]
            if parents:
                handle: Handle = vars(parents[0])["_bridge_class"]
                handle.objects.classes.subclass(cls, handle, namespace, kwargs)
        return cls

    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **_: Any) -> None:
        super().__init__(name, bases, namespace)

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        made = class_handle(cls).ask("call", cls, args, kwargs)
        if type(made) is cls and cls.__name__[:1].isupper():
            object.__setattr__(made, "_bridge_own_eq", True)
        return made

    def __getattr__(cls, name: str) -> Any:
        if name in NEVER_ASKED or "_bridge_class" not in vars(cls):
            raise AttributeError(name)
        if name == "__signature__":
            return signature(class_handle(cls), cls)
        return class_handle(cls).ask("get", cls, name)

    def __instancecheck__(cls, obj: Any) -> bool:
        if super().__instancecheck__(obj):
            return True
        return _may_ask(cls) and bool(class_handle(cls).ask("isinstance", cls, obj))

    def __subclasscheck__(cls, other: type) -> bool:
        if super().__subclasscheck__(other):
            return True
        return _may_ask(cls) and bool(class_handle(cls).ask("issubclass", cls, other))

    def __setattr__(cls, name: str, value: Any) -> None:
        if "_bridge_class" not in vars(cls) or name in NEVER_ASKED or name == "__doc__":
            super().__setattr__(name, value)
            if name == "__abstractmethods__" and "_bridge_class" in vars(cls):
                class_handle(cls).ask(
                    "set", cls, name, frozenset(value)
                )  # a test makes instances all the same
            return
        if isinstance(value, (MethodStub, PropertyStub)):
            class_handle(cls).ask("restore", cls, name)
            return
        if type(vars(cls).get(name)) is MethodStub and not class_handle(cls).objects.driver:
            vars(cls)[name].keep()
        class_handle(cls).ask("set", cls, name, value)
        if name == "__init__" or ("_bridge_local" in vars(cls) and stays_local(value)):
            super().__setattr__(name, value)

    def __delattr__(cls, name: str) -> None:
        class_handle(cls).ask("del", cls, name)
        if name in vars(cls) and (name == "__init__" or "_bridge_local" in vars(cls)):
            super().__delattr__(name)

    @property
    def __mro__(cls) -> tuple[type, ...]:
        """As over there: without the bases that every stand-in has."""
        return tuple(base for base in type.mro(cls) if "_bridge_inner" not in vars(base))

    @property
    def __bases__(cls) -> tuple[type, ...]:  # type: ignore[override]
        """As over there."""
        bases = type.__dict__["__bases__"].__get__(cls)
        return tuple(base for base in bases if "_bridge_inner" not in vars(base)) or (object,)

    def __subclasses__(cls) -> list[type]:
        if "_bridge_class" not in vars(cls):
            return super().__subclasses__()
        return list(class_handle(cls).ask("meth", cls, "__subclasses__", (), {}))

    def __dir__(cls) -> list[str]:
        if "_bridge_class" not in vars(cls):
            return list(super().__dir__())
        return list(class_handle(cls).ask("dir", cls))


def stays_local(value: Any) -> bool:
    """Whether an attribute of a test's own class is code, which runs over here; data is kept over there."""
    return isinstance(
        value, (types.FunctionType, classmethod, staticmethod, property, functools.cached_property)
    )


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
        return class_handle(cls).ask("metacall", cls, name, *args)

    return stub


def _may_ask(cls: type) -> bool:
    """Whether membership of `cls` is decided over there, and can be asked now."""
    if "_bridge_abstract" not in vars(cls):
        return False
    peer = class_handle(cls).objects.peer
    return not peer.decoding and not peer.encoding


def facade(local: type) -> property:
    """`__class__` for stand-ins of instances of a standard class, so that `isinstance(x, dict)` holds."""
    faces: dict[type, type] = {}

    def face(self: Any) -> type:
        cls = type(self)
        if cls not in faces:
            faces[cls] = _face(cls, local)
        return faces[cls]

    return property(face)


def _same_face(self: Any, other: object) -> bool:
    return other is self or other is vars(self).get("_bridge_face_of")


def _face(cls: type, local: type) -> type:
    if cls.__name__ == local.__name__:
        return local
    methods: dict[str, Any] = {
        "__call__": lambda _, *args, **kwargs: cls(*args, **kwargs),
        "__eq__": _same_face,
        "__hash__": lambda _: hash(cls),
    }
    meta = type("FacadeMeta", (type(local),), methods)
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

    enum.EnumType.__instancecheck__ = instance_check  # type: ignore[method-assign]
    enum.EnumType.__subclasscheck__ = subclass_check  # type: ignore[method-assign]


def install_json() -> None:
    """Let `json.dumps` write a stand-in for a dict or list as what it holds."""
    original = json.JSONEncoder.default

    def default(encoder: json.JSONEncoder, obj: Any) -> Any:
        handle = instance_handle(obj)
        content = obj if handle is None else handle.ask("fetch", obj)
        return content if type(content) in (dict, list) else original(encoder, obj)

    json.JSONEncoder.default = default  # type: ignore[method-assign, assignment]


def _is_standard_enum(cls: type, stand_in: Any) -> bool:
    if cls.__module__ != "enum" or not isinstance(stand_in, EnumMirrorMeta):
        return False
    return any(base.__module__ == "enum" and base.__name__ == cls.__name__ for base in stand_in.__mro__)


class EnumMirrorMeta(MirrorMeta):
    """For enumerations, whose classes are collections."""

    @property  # type: ignore[misc]
    def __class__(cls) -> type:
        return enum.EnumType

    def __iter__(cls) -> Any:
        return iter(class_handle(cls).ask("list", cls))

    def __reversed__(cls) -> Any:
        return reversed(class_handle(cls).ask("list", cls))

    def __len__(cls) -> int:
        return int(class_handle(cls).ask("metacall", cls, "__len__"))

    def __getitem__(cls, name: str) -> Any:
        return class_handle(cls).ask("metacall", cls, "__getitem__", name)

    def __contains__(cls, value: Any) -> bool:
        return bool(class_handle(cls).ask("metacall", cls, "__contains__", value))
