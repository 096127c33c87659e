"""Handles: how a stand-in names the object of the other side that it stands for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .objects import Objects

NEVER_ASKED = frozenset(
    "__test__ pytestmark _pytestfixturefunction __pytest_wrapped__ __unittest_skip__ __unittest_expecting_failure__ "
    "__isabstractmethod__ __abstractmethods__ __wrapped__ __partialmethod__ _is_coroutine_marker _mock_methods "
    "__array__ __array_interface__ __array_struct__ __rich_repr__ __tracebackhide__ "
    "_ipython_display_ __init_subclass__ __slots__ __bridge__".split()
)
"""Names that test tools look for on everything; asking the other side would only cost time."""

PREFETCH_AFTER = 128


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


class DerivedHandle(Handle):
    """Names the class that the other side derived after a class of the tests; `derive` makes it there once more."""

    __slots__ = ("derive",)

    def __init__(self, objects: Objects, derive: Callable[[], int]) -> None:
        super().__init__(objects, derive())
        self.derive = derive


def instance_handle(obj: Any) -> Handle | None:
    try:
        handle: Handle = object.__getattribute__(obj, "_bridge")
    except AttributeError:
        return None
    return handle


def class_handle(cls: type) -> Handle:
    handle = vars(cls).get("_bridge_class")
    if handle is None:
        raise TypeError(f"{cls.__name__} is not a class of the candidate's")
    assert isinstance(handle, Handle)
    return handle


def required(obj: Any) -> Handle:
    handle = instance_handle(obj)
    if handle is None:
        raise AttributeError("this object was not made by the candidate's class")
    return handle


def slot(self: Any, name: str) -> Any:
    """A slot's value, None where it was never set."""
    try:
        return object.__getattribute__(self, name)
    except AttributeError:
        return None


def static(cls: type, name: str) -> Any:
    """What stands under `name` in the class, unbound; None when nothing does."""
    return next((vars(base)[name] for base in cls.__mro__ if name in vars(base)), None)


def unpickled(data: bytes) -> Any:
    """What `pickle.loads` makes of a stand-in: the other side reads its own bytes."""
    assert Handle.latest is not None
    return Handle.latest.peer.request("unpickle", data)
