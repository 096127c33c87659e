"""What one side tells the other about its classes and functions, so that a stand-in can be made of it."""

from __future__ import annotations

import abc
import builtins
import collections.abc as abcs
import contextlib
import dataclasses
import enum
import functools
import inspect
import io
import numbers
import os
import types
from collections.abc import Callable
from typing import Any

from . import hints

ARITHMETIC = tuple("add sub mul matmul truediv floordiv mod divmod pow lshift rshift and xor or".split())
COMPARISONS = ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__")
PROTOCOL = frozenset(
    (
        "__call__ __len__ __length_hint__ __iter__ __next__ __reversed__ __contains__ __getitem__ __setitem__ "
        "__delitem__ __missing__ __enter__ __exit__ __get__ __set__ __delete__ __set_name__ __aenter__ __aexit__ "
        "__await__ __aiter__ __anext__ __hash__ __bool__ __int__ __float__ __complex__ __index__ __neg__ __pos__ "
        "__abs__ __invert__ __round__ __trunc__ __floor__ __ceil__ __str__ __repr__ __format__ __bytes__ __fspath__ "
        "__sizeof__"
    ).split()
) | {*COMPARISONS, *(f"__{prefix}{name}__" for name in ARITHMETIC for prefix in ("", "r", "i"))}
"""Special methods that Python looks up on the type, so the stand-in's type must have them."""

VALUE_BASES = (int, float, complex, str, bytes, tuple, frozenset)
CONTAINER_BASES = (list, dict, set, bytearray)

FUNCTIONS = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    types.MethodWrapperType,
    types.WrapperDescriptorType,
    types.MethodDescriptorType,
    types.ClassMethodDescriptorType,
    functools.partial,
    type(functools.lru_cache(lambda: None)),
)

_ABCS: dict[str, type] = {
    **{name: getattr(abcs, name) for name in abcs.__all__ if name != "ByteString"},
    **{name: getattr(numbers, name) for name in ("Number", "Complex", "Real", "Rational", "Integral")},
    "ABC": abc.ABC,
    "IOBase": io.IOBase,
    "TextIOBase": io.TextIOBase,
    "RawIOBase": io.RawIOBase,
    "BufferedIOBase": io.BufferedIOBase,
    "PathLike": os.PathLike,
    "AbstractContextManager": contextlib.AbstractContextManager,
}
ABSTRACT = _ABCS
"""Abstract classes of the standard library to which a stand-in is registered."""


def is_enum(cls: type) -> bool:
    """Whether `cls` is an enumeration."""
    return isinstance(cls, enum.EnumMeta)


def builtin_base(cls: type, bases: tuple[type, ...]) -> type | None:
    """The one of `bases` from which `cls` inherits its value, if any."""
    return next((base for base in bases if base in cls.__mro__), None)


def _kind(value: Any) -> str:
    if isinstance(value, types.FunctionType):
        return "m"
    if isinstance(value, staticmethod):
        return "s"
    if isinstance(value, (classmethod, types.ClassMethodDescriptorType)):
        return "c"
    if isinstance(value, (types.MethodDescriptorType, types.WrapperDescriptorType, functools.partialmethod)):
        return "m"
    kind: type = type(value)
    # looked up without `hasattr`: the class may be a stand-in, which would ask for the name in mid-message
    if isinstance(value, type) or not any("__get__" in vars(base) for base in type.mro(kind)):
        return ""
    return "p"


def members(cls: type, *, public_only: bool) -> dict[str, str]:
    """Names in the class's own dictionary → m(ethod), s(tatic), c(lass method), p(roperty)."""
    found: dict[str, str] = {}
    for name, value in vars(cls).items():
        if name.startswith("__") and name.endswith("__"):
            if name in PROTOCOL:
                found[name] = "" if value is None else "m"
        elif not (public_only and name.startswith("_")):
            kind = _kind(value)
            if kind:
                found[name] = kind
    return found


def abstract_names(cls: type) -> list[str]:
    """Which abstract classes of the standard library `cls` belongs to."""
    return [name for name, parent in _ABCS.items() if _registered(cls, parent)]


def _registered(cls: type, parent: type) -> bool:
    try:
        return issubclass(cls, parent)
    except TypeError:
        return False


def short_name(qualname: str) -> str:
    """A qualified name without the function that it was defined in (for a hidden test that is its name)."""
    return qualname.rpartition("<locals>.")[2]


def function_facts(function: Any, *, hide: bool) -> dict[str, Any]:
    """Name, documentation and kind of a function. `hide` leaves out where it was defined."""
    name = getattr(function, "__name__", type(function).__name__)
    qualname = getattr(function, "__qualname__", name)
    doc = getattr(function, "__doc__", None)
    module = getattr(function, "__module__", None)
    inner = function.__func__ if type(function) is types.MethodType else function
    code = inner.__code__ if type(inner) is types.FunctionType else None
    return {
        "n": str(name),
        "q": short_name(str(qualname)) if hide else str(qualname),
        "d": doc if isinstance(doc, str) and not str(name).startswith("test") else None,
        "m": None if hide else (module if isinstance(module, str) else None),
        "f": int(code.co_flags) if code is not None else 0,
        "k": "f"
        if isinstance(function, types.FunctionType)
        else "p"
        if type(function) is functools.partial
        else "b",
        **({"ab": 1} if getattr(function, "__isabstractmethod__", False) is True else {}),
    }


def code_facts(function: Any) -> dict[str, Any]:
    """What a function's code object says of names, constants and arguments."""
    code = inspect.unwrap(function).__code__ if not hasattr(function, "__code__") else function.__code__
    facts = {
        name: getattr(code, name)
        for name in dir(code)
        if name.startswith("co_") and isinstance(getattr(code, name), (int, str, bytes, tuple))
    }
    atoms = (int, float, complex, str, bytes, type(None), frozenset)
    return {
        **facts,
        "co_consts": tuple(c for c in code.co_consts if isinstance(c, atoms)),
        "co_filename": "<candidate>",
    }


def signature_facts(function: Any, may_cross: Callable[[type], bool] = lambda _: True) -> list[Any]:
    """Parameters as [name, kind, has default, default, annotation], and the annotation of the result.

    `may_cross` tells which classes annotations may name; others are told as they read.

    Raises:
        ValueError, TypeError: `function` has no signature.
    """
    signature = inspect.signature(function)
    empty = inspect.Parameter.empty
    rows = [
        [
            p.name,
            int(p.kind),
            p.default is not empty,
            None if p.default is empty else p.default,
            hints.note(p.annotation, may_cross),
        ]
        for p in signature.parameters.values()
    ]
    return [rows, hints.note(signature.return_annotation, may_cross)]


def field_facts(fields: dict[str, Any], *, bare: bool) -> list[tuple[Any, ...]]:
    """Fields of a dataclass: name, type, default (as a tuple of at most one), flags; `bare` ones are only named."""
    if bare:
        return [(str(name), None, (), {}) for name in fields]
    found: list[tuple[Any, ...]] = []
    for name, field in fields.items():
        if type(field) is not dataclasses.Field:  # of a class that the tests derived
            found.append((str(name), None, (), {}))
            continue
        factory = field.default_factory if field.default_factory in CONTAINER_BASES else None
        has_default = field.default is not dataclasses.MISSING
        flags = {flag: getattr(field, flag) is True for flag in ("init", "repr", "compare", "kw_only")}
        default: tuple[Any, ...] = (
            ("factory", factory) if factory else ("value", field.default) if has_default else ()
        )
        kind = field.type if isinstance(field.type, (str, type)) else inspect.formatannotation(field.type)
        found.append((str(name), kind, default, flags))
    return found


def inspected_facts(cls: type) -> dict[str, Any]:
    """What only tests that inspect a class ask for: abstract methods and slots."""
    facts: dict[str, Any] = {}
    abstract = vars(cls).get("__abstractmethods__")
    if isinstance(abstract, frozenset) and abstract:
        facts["ab"] = sorted(map(str, abstract))
    slots = vars(cls).get("__slots__")
    if isinstance(slots, (str, tuple, list)):
        facts["sl"] = [slots] if isinstance(slots, str) else list(map(str, slots))
    return facts


def named_builtin(value: Any) -> str | None:
    """The name by which both sides know this builtin type or exception."""
    name = getattr(value, "__name__", None)
    if isinstance(name, str) and getattr(builtins, name, None) is value:
        return name
    return None


_OF_WRAPPERS = frozenset({"__doc__", "__wrapped__"})
"""What `functools.update_wrapper` puts on an instance and stand-ins do not ask for otherwise."""


@functools.lru_cache(maxsize=512)
def _method_names(cls: type) -> frozenset[str]:
    return frozenset(
        name for base in cls.__mro__ for name, value in vars(base).items() if _kind(value) in ("m", "s", "c")
    )


def shadowed_methods(obj: Any) -> set[str]:
    """Methods of the class of `obj` in whose place `obj` has an attribute of its own."""
    own = getattr(obj, "__dict__", None)
    cls: Any = type(obj)
    return own.keys() & (_method_names(cls) | _OF_WRAPPERS) if isinstance(own, dict) else set()


METACLASS_PROTOCOL = frozenset(
    "__repr__ __str__ __len__ __iter__ __contains__ __getitem__ __bool__ __eq__ __ne__ __lt__ __le__ __gt__ __ge__ "
    "__hash__ __add__ __or__ __and__ __mul__ __invert__ __reversed__".split()
)
"""Special methods that make a class itself printable, iterable, comparable …"""


def metaclass_members(cls: type) -> list[str]:
    """Which special methods the metaclass of `cls` defines itself."""
    own = [vars(meta) for meta in type.mro(type(cls)) if meta not in (type, object, abc.ABCMeta)]
    return sorted(name for name in METACLASS_PROTOCOL if any(name in members for members in own))


def decides_membership(cls: type) -> bool:
    """Whether the metaclass of `cls` has its own idea of who is an instance (abstract classes, protocols …)."""
    meta = type(cls)
    return (
        issubclass(cls, type)
        or meta.__instancecheck__ is not type.__instancecheck__
        or meta.__subclasscheck__ is not type.__subclasscheck__
    )
