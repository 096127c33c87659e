"""Plain values over the bridge: what crosses by copy, and how lists, dicts and sets stay one object on both sides.

A value becomes JSON: atoms as themselves, all else as `[tag, …]`. Nothing here imports, evaluates or calls what
arrives. Subclasses of builtins that a stranger defined never decode to anything but exact builtins (or to a
stand-in whose comparison is the builtin's, see `mirror`).

Mutable containers are *shared*: each gets a number when it first crosses, both sides keep it in a table together
with a shallow snapshot, and every message starts with what changed since the last one. That gives in-place
changes of arguments, identity of returned arguments, and aliasing across calls. A container that one side no
longer holds is dropped from both tables, so the table stays as small as what is really shared.
"""

from __future__ import annotations

import array
import base64
import collections
import operator
import sys
from collections.abc import Callable, Iterable
from typing import Any

from . import standard
from .standard import Encoded

__all__ = ["BadValue", "Encoded", "Entry", "Values"]

_BIG = 2**63
_INTERNED = 40
_HEX_LIMIT = 8 * 2**20
_BUFFERS = (bytearray, array.array)


class BadValue(Exception):
    """What arrived is not a value of this protocol, or is over a limit."""


class Entry:
    """One shared container, on one side."""

    __slots__ = ("obj", "snapshot")

    def __init__(self, obj: Any) -> None:
        self.obj = obj
        self.snapshot: Any = None


def _snapshot(obj: Any) -> Any:
    if isinstance(obj, dict):
        return (list(obj), list(obj.values()))
    return bytes(obj) if isinstance(obj, _BUFFERS) else list(obj)


def _changed(obj: Any, snapshot: Any) -> bool:
    if isinstance(obj, dict):
        keys, values = snapshot
        return (
            len(obj) != len(keys)
            or not all(map(operator.is_, obj, keys))
            or not all(map(operator.is_, obj.values(), values))
        )
    if isinstance(obj, _BUFFERS):
        return bool(bytes(obj) != snapshot)
    return len(obj) != len(snapshot) or not all(map(operator.is_, obj, snapshot))


def _holders(entry: Entry) -> int:
    """References to the container beside the table's own."""
    return sys.getrefcount(entry.obj) - 2


class Values:
    """Encodes and decodes values for one side. `objects` takes what is no plain value, `revive` brings it back."""

    def __init__(
        self,
        first_id: int,
        objects: Callable[[Any], Encoded],
        revive: Callable[[str, list[Any]], Any],
        max_depth: int,
    ) -> None:
        self._next = first_id
        self._objects = objects
        self._revive = revive
        self._max_depth = max_depth
        self._depth = 0
        self.on_text: Callable[[str], None] | None = None
        """Told every text that arrives."""
        self.table: dict[int, Entry] = {}
        self._by_identity: dict[int, int] = {}
        self._new_ids: list[int] = []

    # -- encoding ---------------------------------------------------------------------------------

    def encode(self, value: Any) -> Encoded:
        """The JSON form of `value`.

        Raises:
            BadValue: nested deeper than allowed.
        """
        kind = type(value)
        if value is None or kind is str or kind is bool or kind is float:
            return value
        if kind is int:
            return value if -_BIG < value < _BIG else ["i", hex(value)]
        encoder = _ENCODERS.get(kind)
        if encoder is None:
            return self._objects(value)
        self._depth += 1
        if self._depth > self._max_depth:
            self._depth = 0
            raise BadValue(f"a value nested deeper than {self._max_depth} levels")
        try:
            return encoder(self, value)
        finally:
            if self._depth:
                self._depth -= 1

    def items(self, values: Iterable[Any]) -> list[Encoded]:
        """The JSON forms of `values`."""
        encode = self.encode
        return [encode(value) for value in values]

    def _share(self, tag: str, value: Any, content: Callable[[Any], Encoded], *more: Encoded) -> Encoded:
        known = self._by_identity.get(id(value))
        if known is not None:
            return ["=", known]
        entry = self._register(self._next, value)
        self._new_ids.append(self._next)
        self._next += 2
        encoded = content(value)
        entry.snapshot = _snapshot(value)
        return [tag, self._by_identity[id(value)], encoded, *more]

    def _register(self, number: int, value: Any) -> Entry:
        entry = Entry(value)
        self.table[number] = entry
        self._by_identity[id(value)] = number
        return entry

    def content(self, value: Any) -> Encoded:
        """What is inside a shared container, in the form that `fill` takes."""
        if isinstance(value, dict):
            flat: list[Any] = []
            for key, item in value.items():
                flat.append(self.encode(key))
                flat.append(self.encode(item))
            return flat
        if isinstance(value, _BUFFERS):
            return base64.b64encode(value).decode()
        return self.items(value)

    # -- decoding ---------------------------------------------------------------------------------

    def decode(self, data: Encoded) -> Any:
        """The value of a JSON form.

        Raises:
            BadValue: it is none.
        """
        if type(data) is not list:
            if type(data) is dict:
                raise BadValue("a JSON object where a value belongs")
            if self.on_text is not None:
                self.on_text(data)
            # Python interns short literals, so a text that went round is the same object as the test's literal
            return sys.intern(data) if type(data) is str and len(data) <= _INTERNED else data
        try:
            tag = data[0]
            decoder = _DECODERS.get(tag)
            if decoder is None:
                return self._revive(tag, data)
            return decoder(self, data)
        except (IndexError, TypeError, ValueError, KeyError, OverflowError, ArithmeticError) as error:
            raise BadValue(f"a malformed value: {error}") from error

    def _new(self, number: int, value: Any, content: Encoded) -> Any:
        if type(number) is not int or number in self.table:
            raise BadValue("a container number that is taken")
        entry = self._register(number, value)
        self.fill(value, content)
        entry.snapshot = _snapshot(value)
        return value

    def fill(self, value: Any, content: Encoded) -> None:
        """Replace what is inside the container `value`."""
        if isinstance(value, _BUFFERS):
            del value[:]
            add = value.frombytes if isinstance(value, array.array) else value.extend
            add(base64.b64decode(content))
        elif isinstance(value, dict):
            decoded = [self.decode(item) for item in content]
            value.clear()
            put: Any = collections.OrderedDict if isinstance(value, collections.OrderedDict) else dict
            for at in range(0, len(decoded), 2):
                put.__setitem__(value, decoded[at], decoded[at + 1])
        else:
            items = [self.decode(item) for item in content]
            value.clear()
            if isinstance(value, set):
                value.update(items)
            else:
                value.extend(items)

    # -- sharing ----------------------------------------------------------------------------------

    def unshare(self) -> None:
        """The message in which containers crossed for the first time was not sent."""
        self.forget(self._new_ids)
        self._new_ids.clear()

    def updates(self) -> list[list[Encoded]]:
        """What changed in shared containers since they last crossed: [number, content] each."""
        changed = []
        self._new_ids.clear()
        for number, entry in list(self.table.items()):
            if _changed(entry.obj, entry.snapshot):
                encoded = self.content(entry.obj)
                entry.snapshot = _snapshot(entry.obj)
                changed.append([number, encoded])
        return changed

    def apply(self, updates: list[Any]) -> None:
        """Take over the other side's changes."""
        for number, content in updates:
            entry = self.table.get(number)
            if entry is not None:
                self.fill(entry.obj, content)
                entry.snapshot = _snapshot(entry.obj)

    def sweep(self) -> list[int]:
        """Forget the containers that nobody on this side holds; returns their numbers for the other side."""
        dropped: list[int] = []
        while True:
            gone = [number for number, entry in self.table.items() if _holders(entry) <= 0]
            if not gone:
                return dropped
            self.forget(gone)
            dropped += gone

    def forget(self, numbers: Iterable[int]) -> None:
        """Stop sharing these containers."""
        for number in numbers:
            entry = self.table.pop(number, None)
            if entry is not None:
                self._by_identity.pop(id(entry.obj), None)

    def forget_all(self) -> None:
        """The other side is gone."""
        self.table.clear()
        self._by_identity.clear()


_ENCODERS: dict[type, Callable[[Values, Any], Encoded]] = {
    list: lambda s, v: s._share("l", v, s.items),
    dict: lambda s, v: s._share("d", v, s.content),
    set: lambda s, v: s._share("s", v, s.items),
    bytearray: lambda s, v: s._share("B", v, s.content),
    array.array: lambda s, v: s._share("A", v, s.content, v.typecode),
    collections.OrderedDict: lambda s, v: s._share("dO", v, s.content),
    collections.Counter: lambda s, v: s._share("dC", v, s.content),
    collections.defaultdict: lambda s, v: s._share("dD", v, s.content, s.encode(v.default_factory)),
    collections.deque: lambda s, v: s._share("q", v, s.items, v.maxlen),
    tuple: lambda s, v: ["t", s.items(v)],
    frozenset: lambda s, v: ["f", s.items(v)],
    bytes: lambda _, v: ["b", base64.b64encode(v).decode()],
    **standard.ENCODERS,
}


def _int(text: str) -> int:
    if len(text) > _HEX_LIMIT:
        raise BadValue("an integer over the size limit")
    return int(text, 16)


def _known(s: Values, d: list[Any]) -> Any:
    entry = s.table.get(d[1])
    if entry is None:
        raise BadValue("a reference to a container that is not shared")
    return entry.obj


_DECODERS: dict[Any, Callable[[Values, list[Any]], Any]] = {
    "i": lambda _, d: _int(d[1]),
    "b": lambda _, d: base64.b64decode(d[1]),
    "t": lambda s, d: tuple([s.decode(item) for item in d[1]]),
    "f": lambda s, d: frozenset([s.decode(item) for item in d[1]]),
    "=": _known,
    "l": lambda s, d: s._new(d[1], [], d[2]),
    "d": lambda s, d: s._new(d[1], {}, d[2]),
    "s": lambda s, d: s._new(d[1], set(), d[2]),
    "B": lambda s, d: s._new(d[1], bytearray(), d[2]),
    "A": lambda s, d: s._new(d[1], array.array(d[3]), d[2]),
    "dO": lambda s, d: s._new(d[1], collections.OrderedDict(), d[2]),
    "dC": lambda s, d: s._new(d[1], collections.Counter(), d[2]),
    "dD": lambda s, d: s._new(d[1], collections.defaultdict(s.decode(d[3])), d[2]),
    "q": lambda s, d: s._new(d[1], collections.deque(maxlen=d[3]), d[2]),
    "x": lambda s, d: standard.MAKERS[d[1]](*[s.decode(item) for item in d[2:]]),
}
