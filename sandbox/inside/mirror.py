"""Stand-ins for objects that live in the other process.

A class of the other side becomes a real class here (so that `isinstance`, `except` and `pytest.raises` work), a
function becomes a callable, a generator a real generator, a coroutine a real coroutine. What they do is asked of
the other side.
"""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import ItemsView, Iterator, KeysView, ValuesView
from typing import Any

from .handles import NEVER_ASKED, Handle, class_handle, instance_handle, required, slot, static, unpickled
from .members import BoundStub, MethodStub, invoke
from .metaclasses import MirrorMeta
from .signatures import annotations_of, code_facts, signature


def handle_of(obj: Any) -> Handle | None:
    """The handle behind a stand-in; None for an object of this side."""
    kind = type(obj)
    if isinstance(kind, MirrorMeta):
        return instance_handle(obj)
    if kind is RemoteFunction or kind is RemoteModule:
        found: Handle = object.__getattribute__(obj, "_bridge")
        return found
    if isinstance(obj, type) and isinstance(obj, MirrorMeta):
        return vars(obj).get("_bridge_class")
    if kind is BoundStub:
        return None
    return None


class Body:
    """What all stand-ins for instances do. `__getattr__` is reached only for names the class has no stub for."""

    __slots__ = ()
    _bridge_inner = True

    def __getattr__(self, name: str) -> Any:
        if (name in NEVER_ASKED and name not in (slot(self, "_bridge_shadowed") or ())) or name == "_bridge":
            raise AttributeError(name)
        return required(self).ask("get", self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        required(self).ask("set", self, name, value)
        if isinstance(static(type(self), name), MethodStub):
            object.__setattr__(
                self, "_bridge_shadowed", (slot(self, "_bridge_shadowed") or frozenset()) | {name}
            )

    def __delattr__(self, name: str) -> None:
        required(self).ask("del", self, name)
        if slot(self, "_bridge_shadowed"):
            object.__setattr__(self, "_bridge_shadowed", slot(self, "_bridge_shadowed") - {name})

    def __dir__(self) -> list[str]:
        return list(required(self).ask("dir", self))

    def __copy__(self) -> Any:
        return required(self).ask("copy", self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        copied = required(self).ask("deepcopy", self)
        memo[id(self)] = copied
        return copied

    def __reduce_ex__(self, _protocol: Any) -> Any:
        return (unpickled, (required(self).ask("pickle", self),))


def _init(self: Any, *args: Any, **kwargs: Any) -> None:
    owner = next(
        base
        for base in type(self).__mro__
        if "_bridge_class" in vars(base) and "_bridge_local" not in vars(base)
    )
    invoke(self, owner, "__init__", args, kwargs)


class Init:
    """`__init__` of stand-ins: the real function where a class is asked for it, as class decorators do."""

    def __get__(self, obj: Any, cls: type) -> Any:
        if obj is not None:
            return types.MethodType(_init, obj)
        return class_handle(cls).ask("get", cls, "__init__") if "_bridge_class" in vars(cls) else _init


class Mirror(Body, metaclass=MirrorMeta, made=True):
    """The base of stand-ins for ordinary objects."""

    _bridge_inner = True

    @property
    def __dict__(self) -> Any:  # type: ignore[override]
        return required(self).ask("get", self, "__dict__")

    def __repr__(self) -> str:
        return str(required(self).ask("repr", self))

    def __str__(self) -> str:
        return str(required(self).ask("str", self))

    def __format__(self, spec: str) -> str:
        return str(required(self).ask("format", self, spec))

    __init__ = Init()


class ValueMirror(Body, metaclass=MirrorMeta, made=True):
    """The base of stand-ins for instances of subclasses of int, str, tuple …: the value is here, the rest there."""

    _bridge_inner = True


class ErrorMirror(Body, metaclass=MirrorMeta, made=True):
    """The base of stand-ins for exceptions of the other side's classes."""

    _bridge_inner = True

    def __str__(self) -> str:
        text = object.__getattribute__(self, "__dict__").get("_bridge_text")
        return text if isinstance(text, str) else super().__str__()

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("__"):
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)


_FACES: dict[str, type] = {"f": types.FunctionType, "p": functools.partial}
"""What a function of the other side says that it is."""


class RemoteFunction:
    # A function of the other side. Looks like a function to `inspect` where the real one is one.

    __slots__ = ("__weakref__", "_bridge", "_bridge_facts")

    def __init__(self, handle: Handle, facts: dict[str, Any]) -> None:
        object.__setattr__(self, "_bridge", handle)
        object.__setattr__(self, "_bridge_facts", facts)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        return self._bridge.ask("call", self, args, kwargs)

    def __get__(self, obj: Any, cls: type | None = None) -> Any:
        if obj is None or self._bridge_facts["k"] != "f":
            return self
        return types.MethodType(self, obj)

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return _FACES.get(self._bridge_facts["k"], RemoteFunction)

    @property
    def __code__(self) -> Any:
        if self._bridge_facts["k"] != "f":
            raise AttributeError("__code__")
        return code_facts(self._bridge_facts, self._bridge, self)

    @property
    def __signature__(self) -> inspect.Signature:
        return signature(self._bridge, self)

    __doc__ = property(lambda self: self._bridge_facts["d"])
    __module__ = property(lambda self: self._bridge_facts["m"] or "tests")

    def __getattr__(self, name: str) -> Any:
        if name in ("__name__", "__qualname__") and self._bridge_facts["k"] != "p":
            return self._bridge_facts["n" if name == "__name__" else "q"]
        if name == "__isabstractmethod__" and "ab" in self._bridge_facts:
            return True
        if name in NEVER_ASKED and name != "__wrapped__":
            raise AttributeError(name)
        if name == "__annotations__" and self._bridge_facts["k"] == "f":
            return annotations_of(self._bridge, self)
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
        return str(self._bridge_facts["q"])

    def __repr__(self) -> str:
        if self._bridge_facts["k"] == "p":
            return str(self._bridge.ask("repr", self))
        return f"<function {self._bridge_facts['q']}>"


class Namespace(dict[str, Any]):
    """What `vars(module)` is for a stand-in: its own names, and behind them the module's, asked for one by one."""

    def __init__(self, module: RemoteModule) -> None:
        super().__init__(types.ModuleType.__getattribute__(module, "__dict__"))
        self._module = module

    def __getitem__(self, name: str) -> Any:
        if dict.__contains__(self, name):
            return super().__getitem__(name)
        try:
            return getattr(self._module, name)
        except AttributeError:
            raise KeyError(name) from None

    def get(self, name: str, default: Any = None) -> Any:
        """As of any dict."""
        try:
            return self[name]
        except KeyError:
            return default

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name, NEVER_ASKED) is not NEVER_ASKED

    def __setitem__(self, name: str, value: Any) -> None:
        setattr(self._module, name, value)

    def __delitem__(self, name: str) -> None:
        delattr(self._module, name)

    def __iter__(self) -> Iterator[str]:
        return iter(dir(self._module))

    def __len__(self) -> int:
        return len(dir(self._module))

    def keys(self) -> Any:
        """As of any dict."""
        return KeysView(self)

    def values(self) -> Any:
        """As of any dict."""
        return ValuesView(self)

    def items(self) -> Any:
        """As of any dict."""
        return ItemsView(self)


class RemoteModule(types.ModuleType):
    """A module of the other side. Functions and classes are fetched once; other attributes every time."""

    _bridge: Handle
    _bridge_cache: dict[str, Any]

    def __getattribute__(self, name: str) -> Any:
        if name == "__dict__":
            return Namespace(self)
        if name in (
            "__class__",
            "__name__",
            "__spec__",
            "__loader__",
            "__path__",
            "__package__",
        ):
            return super().__getattribute__(name)
        own = super().__getattribute__("__dict__")
        if name in ("_bridge", "_bridge_cache") or "_bridge" not in own:
            return super().__getattribute__(name)
        if name == "__all__" and "__all__" in own:
            return own["__all__"]
        cache = own["_bridge_cache"]
        if name in cache:
            return cache[name]
        if name in NEVER_ASKED or name in ("__cached__", "__bases__", "_mock_name"):
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
        if isinstance(value, types.ModuleType) and own["__name__"] + "." + name == value.__name__:
            own["_bridge_cache"][name] = value
            return
        own["_bridge_cache"].pop(name, None)
        if name == "super":
            own["_bridge"].objects.super_double = value
        own["_bridge"].ask("set", self, name, value)

    def __delattr__(self, name: str) -> None:
        own = types.ModuleType.__getattribute__(self, "__dict__")
        own["_bridge_cache"].pop(name, None)
        own["_bridge"].ask("del", self, name)

    def __dir__(self) -> list[str]:
        return list(self._bridge.ask("dir", self))
