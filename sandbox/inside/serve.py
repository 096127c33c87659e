"""Performs what the other side asks of the objects of this side.

The candidate's process performs everything: the driver is trusted. The driver performs only what `Guard` lets a
stranger do with objects that a test handed out.
"""

from __future__ import annotations

import copy
import functools
import inspect
import itertools
import pickle
import sys
import types
import unittest
from collections.abc import Callable, Iterator, MutableMapping
from typing import Any

from . import describe, hints, named
from .contents import contents
from .objects import Objects
from .plain import time

_BATCH = 512
_BATCH_SECONDS = 0.02
_MOST_MARKS = 100
_DECORATING = frozenset({"__init__", "__repr__", "__str__", "__setattr__"})
"""What a class decorator of the candidate's may put on a class of the tests. Never a comparison."""

Operation = Callable[..., Any]

_REPLACED: dict[tuple[int, str], Any] = {}
"""Class attributes as they were before a test replaced them, by identity of the class and name."""


class Server:
    """The operations that both sides offer. Operands are decoded: stand-ins are resolved to the real objects."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self.operations: dict[str, Operation] = {
            "call": _call,
            "meth": _method,
            "umeth": _unbound,
            "metacall": lambda cls, name, *args: getattr(type(cls), name)(cls, *args),
            "get": getattr,
            "set": self._assign,
            "restore": self._restore,
            "del": self._remove,
            "dir": lambda obj: [name for name in dir(obj) if isinstance(name, str)],
            "repr": repr,
            "str": str,
            "format": format,
            "hash": hash,
            "list": list,
            "many": _many,
            "sig": describe.signature_facts,
            "hints": hints.evaluated,
            "code": describe.code_facts,
            "source": inspect.getsourcelines,
            "fetch": contents,
            "copy": copy.copy,
            "deepcopy": copy.deepcopy,
            "isinstance": lambda cls, obj: bool(isinstance(obj, cls)),
            "issubclass": lambda cls, other: bool(issubclass(other, cls)),
            "doctest": _doctest,
            "pickle": pickle.dumps,
            "unpickle": pickle.loads,  # its own bytes, in its own box
            "await": objects.flows.run,
            "cancel": objects.flows.cancel,
            "done": objects.flows.done,
        }

    @staticmethod
    def _assign(obj: Any, name: str, value: Any) -> None:
        if isinstance(obj, type) and name in vars(obj):
            _REPLACED.setdefault((id(obj), name), vars(obj)[name])
        setattr(obj, name, value)

    @staticmethod
    def _remove(obj: Any, name: str) -> None:
        if (id(obj), name) in _REPLACED:
            setattr(obj, name, _REPLACED.pop((id(obj), name)))  # `mock.patch` takes its double away
        else:
            delattr(obj, name)

    @staticmethod
    def _restore(owner: type, name: str) -> None:
        """A test puts back what it took from the class: the very descriptor, which never crossed."""
        if (id(owner), name) in _REPLACED:
            setattr(owner, name, _REPLACED.pop((id(owner), name)))

    def serve(self, body: list[Any]) -> Any:
        """Perform one request.

        Raises:
            whatever the performed code raises.
        """
        operation = self.operations[body[0]]
        arguments = body[1:]
        body.clear()
        return operation(*arguments)


def _doctest(module: Any) -> tuple[int, int]:
    import doctest

    results = doctest.testmod(module)
    return (results.failed, results.attempted)


def _call(target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return target(*args, **kwargs)


def _method(obj: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if name == "__next__":
        return next(obj)
    if name in describe.PROTOCOL and not isinstance(obj, type):
        return _special(obj, name)(*args, **kwargs)
    return getattr(obj, name)(*args, **kwargs)


def _special(obj: Any, name: str) -> Any:
    """The special method `name` of `obj`, found where the interpreter looks: on the type, bound by its descriptor."""
    for cls in type(obj).__mro__:
        if name in vars(cls):
            found = vars(cls)[name]
            bind = getattr(type(found), "__get__", None)
            return found if bind is None else bind(found, obj, type(obj))
    return getattr(obj, name)


def _unbound(owner: type, name: str, obj: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return getattr(owner, name)(obj, *args, **kwargs)


def _many(iterator: Any) -> list[Any]:
    """The next items, as many as come quickly."""
    end = time.monotonic() + _BATCH_SECONDS
    items = []
    for item in itertools.islice(iterator, _BATCH):
        items.append(item)
        if time.monotonic() > end:
            break
    return items


class Guard(Server):
    """The driver's operations: what a stranger may do with the objects that a test handed out."""

    _FUNCTION_NAMES = frozenset({"__name__", "__qualname__", "__doc__", "__defaults__", "__kwdefaults__"})
    _FORBIDDEN_PREFIXES = ("_", "f_", "gi_", "cr_", "ag_", "tb_", "co_", "func_")

    def __init__(self, objects: Objects) -> None:
        super().__init__(objects)
        self._marks: dict[int, tuple[Any, set[str]]] = {}
        objects.bound = self._get
        self.open_operations: set[str] = {"cancel", "done"}
        self.operations = {
            "call": self._call,
            "meth": self._guarded_method,
            "get": self._get,
            "set": self._set,
            "del": self._delete,
            "dir": lambda _: [],
            "repr": lambda obj: _shown(obj, repr),
            "str": lambda obj: _shown(obj, str),
            "format": lambda obj, spec: format(_shown(obj, str), spec),
            "hash": hash,
            "copy": self._copied(copy.copy),
            "deepcopy": self._copied(copy.deepcopy),
            "many": _many,
            "sig": lambda function: describe.signature_facts(function, named.is_harmless),
            "fetch": contents,
            "await": objects.flows.run,
            "cancel": objects.flows.cancel,
            "done": objects.flows.done,
        }

    def serve(self, body: list[Any]) -> Any:
        """Perform one request on an object that was handed out, and on nothing else.

        A class can be named over the bridge as a value; that must not make it callable from the other side.
        """
        if body[0] not in self.open_operations and not self._objects.is_exported(body[1]):
            raise TypeError("the candidate's code asked for something that no test gave to it")
        return super().serve(body)

    @staticmethod
    def _copied(how: Operation) -> Operation:
        def copied(obj: Any) -> Any:
            return (
                obj if isinstance(obj, type) or inspect.isroutine(obj) or inspect.ismodule(obj) else how(obj)
            )

        return copied

    def _call(self, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return target(*args, **kwargs)

    def _guarded_method(self, obj: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if name == "__subclasses__" and isinstance(obj, type) and obj in self._objects.classes.given:
            below: list[type] = type.__subclasses__(obj)
            return [cls for cls in below if not issubclass(cls, unittest.TestCase)]
        stands_for_super = name == "__init__" and obj is self._objects.super_double
        allowed = stands_for_super or self._marked(obj, name)
        if not allowed and not (isinstance(name, str) and name in describe.PROTOCOL):
            self._check(obj, name)
        return _method(obj, name, args, kwargs)

    def _get(self, obj: Any, name: str, *default: Any) -> Any:
        if inspect.isroutine(obj) and name in self._FUNCTION_NAMES:
            value = getattr(obj, name)
            return describe.short_name(value) if name == "__qualname__" else value
        if (
            name == "__dict__"
            and not _is_mock(obj)
            and not inspect.isroutine(obj)
            and not isinstance(obj, type)
            and hasattr(obj, name)
        ):
            return OpenAttributes(obj, self)
        if (
            not self._marked(obj, name)
            and not _is_attribute_of_function(obj, name)
            and not self._is_decorated(obj, name)
        ):
            self._check(obj, name)
        return getattr(obj, name, *default)

    def _is_decorated(self, obj: Any, name: Any) -> bool:
        """Whether a class decorator asks for what it wants to wrap: code that the class itself has."""
        return (
            isinstance(obj, type)
            and name in _DECORATING
            and obj in self._objects.classes.given
            and not issubclass(obj, unittest.TestCase)
            and type(vars(obj).get(name)) is types.FunctionType
        )

    def _set(self, obj: Any, name: str, value: Any) -> None:
        if not self._is_new(obj, name):
            self._check(obj, name)
        if _is_mock(obj):
            raise AttributeError(
                f"a test double's attribute {name!r:.60} cannot be set from the candidate's code"
            )
        if isinstance(obj, type) and obj not in self._objects.classes.given:
            raise AttributeError(
                "a class of the tests that was not given cannot be changed by the candidate's code"
            )
        if replaces_method(obj, name):
            raise AttributeError(
                f"the method {name!r:.60} of a test's object cannot be replaced by the candidate's code"
            )
        setattr(obj, name, value)

    def _is_new(self, obj: Any, name: Any) -> bool:
        """Whether `name` is, or now becomes, a mark that the candidate's code puts on what it was given."""
        if not isinstance(name, str) or _is_mock(obj) or inspect.ismodule(obj):
            return False
        if (
            name in _DECORATING
            and isinstance(obj, type)
            and obj in self._objects.classes.given
            and not issubclass(obj, unittest.TestCase)
        ):
            return True
        if name.startswith("__") and name.endswith("__"):
            return False
        if not self._marked(obj, name) and not hasattr(obj, name):
            self.mark(obj, name)
        return self._marked(obj, name)

    def mark(self, obj: Any, name: str) -> None:
        """From now on `name` of `obj` is the candidate's."""
        marks = self._marks.setdefault(id(obj), (obj, set()))[1]
        if len(marks) < _MOST_MARKS:
            marks.add(name)

    def is_open(self, obj: Any, name: Any) -> bool:
        """Whether the candidate's code may see the attribute `name` in the dictionary of `obj`."""
        public = isinstance(name, str) and not name.startswith("_") and not _is_mock(obj)
        return public or self._marked(obj, name)

    def _marked(self, obj: Any, name: Any) -> bool:
        """Whether the candidate's code put `name` on the object or on its class."""
        owners = (obj, *type.mro(type(obj))) if self._marks else ()
        return isinstance(name, str) and any(name in self._marks.get(id(o), (None, ()))[1] for o in owners)

    def _delete(self, obj: Any, name: str) -> None:
        self._check(obj, name)
        delattr(obj, name)

    def _check(self, obj: Any, name: Any) -> None:
        if not isinstance(name, str) or name.startswith(self._FORBIDDEN_PREFIXES):
            raise AttributeError(f"{name!r:.60} is not open to the candidate's code")
        if inspect.isroutine(obj) or inspect.isframe(obj) or inspect.iscode(obj) or inspect.ismodule(obj):
            raise AttributeError(f"{name!r:.60} is not open to the candidate's code")
        if _is_mock(obj) and (name in _mock_names() or name.startswith("assert")):
            raise AttributeError(f"{name!r:.60} of a test double is not open to the candidate's code")


def _shown(obj: Any, how: Callable[[Any], str]) -> str:
    """How an object of the tests reads to the candidate: as its class says, if that says anything of its own."""
    if isinstance(obj, BaseException):
        return how(obj)
    if isinstance(obj, functools.partial):
        return f"functools.partial({_shown(obj.func, how)}, {obj.args!r}, {obj.keywords!r})"
    if inspect.isroutine(obj):
        return f"<function {describe.short_name(obj.__qualname__)}>"
    own = {"__repr__", "__str__"} if how is str else {"__repr__"}
    speaks = any(own & vars(cls).keys() and not _is_standard(cls) for cls in type.mro(type(obj)))
    return how(obj) if speaks and not _is_mock(obj) else f"<{type(obj).__name__}>"


def _is_standard(cls: type) -> bool:
    return cls.__module__.partition(".")[0] in sys.stdlib_module_names


def replaces_method(obj: Any, name: str) -> bool:
    """Whether setting `name` would put something else in the place of a method that the tests wrote (a spy's check).

    A class that was given as a value is to be worked on (class decorators); a test case never is.
    """
    cls: type = obj if isinstance(obj, type) else type(obj)
    if isinstance(obj, type) and not issubclass(obj, unittest.TestCase):
        return False
    found = next((vars(base)[name] for base in type.mro(cls) if name in vars(base)), None)
    return type(found) in (types.FunctionType, classmethod, staticmethod)


class OpenAttributes(MutableMapping[str, Any]):
    """The `__dict__` of a test's object as the candidate's code sees it: public names and its own marks."""

    def __init__(self, obj: Any, guard: Guard) -> None:
        self._obj = obj
        self._guard = guard

    def __iter__(self) -> Iterator[str]:
        return iter([name for name in vars(self._obj) if self._guard.is_open(self._obj, name)])

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __getitem__(self, name: str) -> Any:
        if name not in vars(self._obj) or not self._guard.is_open(self._obj, name):
            raise KeyError(name)
        return vars(self._obj)[name]

    def __setitem__(self, name: str, value: Any) -> None:
        if name not in vars(self._obj) and isinstance(name, str) and not name.startswith("__"):
            self._guard.mark(self._obj, name)
        if not self._guard.is_open(self._obj, name) or replaces_method(self._obj, name):
            raise KeyError(name)
        vars(self._obj)[name] = value

    def __delitem__(self, name: str) -> None:
        if name not in self:
            raise KeyError(name)
        del vars(self._obj)[name]


def _is_attribute_of_function(obj: Any, name: Any) -> bool:
    """Whether a test gave its function this attribute, for the candidate's code to read."""
    return (
        inspect.isfunction(obj) and isinstance(name, str) and not name.startswith("_") and name in vars(obj)
    )


def _is_mock(obj: Any) -> bool:
    return any(cls.__module__ == "unittest.mock" for cls in type(obj).__mro__)


@functools.cache
def _mock_names() -> frozenset[str]:
    from unittest import mock

    return frozenset(name for name in dir(mock.MagicMock()) if not name.startswith("_"))
