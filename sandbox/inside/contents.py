"""What a container holds, as a plain one: for comparing, copying and writing it where it does not live."""

from __future__ import annotations

import collections
import itertools
import types
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from . import describe

_MOST_COMPARED = 100_000


def contents(obj: Any, as_dict: bool = False) -> Any:  # noqa: FBT001, FBT002 -- crosses the bridge by position
    """What a container holds, as a plain one. Of other classes that can be compared: the items of an iteration."""
    base = describe.builtin_base(type(obj), describe.CONTAINER_BASES)
    if base is None:
        return _items(obj, as_dict=as_dict)
    if base is dict:
        ordered: Any = collections.OrderedDict if isinstance(obj, collections.OrderedDict) else dict
        return {key: dict.__getitem__(obj, key) for key in ordered.__iter__(obj)}
    plain: Any = base
    return plain(plain.__iter__(obj))


def _items(obj: Any, *, as_dict: bool) -> Any:
    if isinstance(obj, (Mapping, types.MappingProxyType)):
        return dict(obj)
    kind: Any = type(obj)
    compares = kind.__eq__ is not object.__eq__
    if as_dict or not compares or not hasattr(kind, "__iter__") or hasattr(kind, "__next__"):
        return obj
    items = list(itertools.islice(obj, _MOST_COMPARED))
    return set(items) if isinstance(obj, AbstractSet) else items
