"""Type hints over the bridge: `list[int]`, `Optional[str]` and the like cross in parts and are put together again.

Parts are classes that may cross, text, and the shapes that this module knows; any other hint is told as it reads.
Hints that are text are evaluated where they were written, never beside the hidden tests.
"""

from __future__ import annotations

import collections
import collections.abc
import inspect
import types
import typing
from collections.abc import Callable
from typing import Any

_ORIGINS: dict[str, Any] = {
    **{kind.__name__: kind for kind in (list, dict, tuple, set, frozenset, type)},
    **{kind.__name__: kind for kind in (collections.deque, collections.defaultdict, collections.OrderedDict)},
    **{name: getattr(collections.abc, name) for name in collections.abc.__all__ if name[0] not in "BH"},
}
_TYPING = frozenset(
    "List Dict Tuple Set FrozenSet Type Deque DefaultDict Iterable Iterator Sequence Mapping MutableMapping Collection "
    "Generator Awaitable Coroutine AsyncIterator AsyncIterable Callable Literal Final ClassVar".split()
)
_UNIONS: tuple[Any, ...] = (types.UnionType, type(typing.Union[int, None]))  # noqa: UP007 -- the older of the two kinds


class NoParts(Exception):
    """A hint of a shape that does not cross."""


def parts_of(hint: Any, may_cross: Callable[[type], bool]) -> Any:
    """`hint` as a class, text, number or None, or as (shape, parts).

    Raises:
        NoParts: it can only be told as it reads.
    """
    if hint is None or hint is type(None):
        return None
    if hint is Ellipsis or isinstance(hint, (str, int)):
        return hint
    if hint is Any:
        return ("Any", ())
    if isinstance(hint, list):
        return ("[]", tuple(parts_of(part, may_cross) for part in hint))
    if isinstance(hint, type) and not isinstance(hint, types.GenericAlias):
        if may_cross(hint):
            return hint
        raise NoParts
    return (_shape(hint), tuple(parts_of(part, may_cross) for part in typing.get_args(hint)))


def _shape(hint: Any) -> str:
    if isinstance(hint, _UNIONS):
        return "Union"
    if isinstance(hint, types.GenericAlias):
        for origin, kind in _ORIGINS.items():
            if kind is hint.__origin__:
                return f"={origin}"
    name: Any = getattr(hint, "_name", None) or getattr(typing.get_origin(hint), "_name", None)
    if name in _TYPING:
        return str(name)
    raise NoParts


def whole(parts: Any) -> Any:
    """The inverse of `parts_of`. Only shapes of this module are made, whatever arrived."""
    if type(parts) is not tuple:
        return parts
    shape, inner = parts
    made = tuple(whole(part) for part in inner)
    if shape == "Any":
        return Any
    if shape == "[]":
        return list(made)
    if shape == "Union":
        return typing.Union[made]  # noqa: UP007 -- of parts that are known only now
    if isinstance(shape, str) and shape.startswith("="):
        return types.GenericAlias(_ORIGINS[shape[1:]], made)
    if shape not in _TYPING:
        raise TypeError("an unknown kind of type hint")
    return getattr(typing, shape)[made if len(made) != 1 else made[0]]


def note(annotation: Any, may_cross: Callable[[type], bool] = lambda _: True) -> list[Any]:
    """[] where there is no annotation, else its parts, or how it reads and True."""
    if annotation is inspect.Parameter.empty:
        return []
    try:
        return [parts_of(annotation, may_cross)]
    except NoParts:
        return [inspect.formatannotation(annotation), True]


def evaluated(obj: Any) -> dict[str, Any]:
    """The hints of an object of this side in the form of `note`, text evaluated.

    Raises:
        whatever evaluating raises.
    """
    return {name: note(hint) for name, hint in typing.get_type_hints(obj).items()}
