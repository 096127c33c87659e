"""Types of the standard library that cross by copy: how each is written, and how it is made anew.

All of them are immutable, or nobody expects a change of one to be seen on the other side.
"""

from __future__ import annotations

import collections
import datetime
import decimal
import fractions
import operator
import pathlib
import re
import types
import uuid
from collections.abc import Callable, Iterable
from typing import Any, Protocol

Encoded = Any
"""JSON: an atom, or a list that begins with a tag."""


class Writer(Protocol):
    """What an encoder needs of `Values`."""

    def encode(self, value: Any) -> Encoded:
        """The JSON form of `value`."""

    def items(self, values: Iterable[Any]) -> list[Encoded]:
        """The JSON forms of `values`."""


def _zone(value: datetime.tzinfo | None) -> Encoded:
    """A time zone as its name (zoneinfo) or its offset in seconds; None for naive."""
    if value is None:
        return None
    key = getattr(value, "key", None)
    if isinstance(key, str):
        return key
    offset = value.utcoffset(None)
    if offset is None:
        return None
    named = isinstance(value, datetime.timezone) and value.tzname(None) != datetime.timezone(offset).tzname(
        None
    )
    return ["t", [offset.total_seconds(), value.tzname(None)]] if named else offset.total_seconds()


def _revive_zone(data: Encoded) -> datetime.tzinfo | None:
    if data is None:
        return None
    if isinstance(data, str):
        import zoneinfo

        return zoneinfo.ZoneInfo(data)
    if isinstance(data, tuple):
        return datetime.timezone(datetime.timedelta(seconds=data[0]), data[1])
    if data == 0:
        return datetime.UTC
    return datetime.timezone(datetime.timedelta(seconds=data))


def _datetime(_: Writer, v: datetime.datetime) -> Encoded:
    naive = v.replace(tzinfo=None, fold=0).isoformat()
    return ["x", "datetime", naive, _zone(v.tzinfo), v.fold]


def _time(_: Writer, v: datetime.time) -> Encoded:
    return ["x", "time", v.replace(tzinfo=None, fold=0).isoformat(), _zone(v.tzinfo), v.fold]


def _methodcaller(s: Writer, v: Any) -> Encoded:
    made, arguments = v.__reduce__()[:2]
    keywords = {}
    if made is not operator.methodcaller:
        arguments, keywords = (*made.args, *arguments), made.keywords
    return ["x", "methodcaller", ["t", s.items(arguments)], ["t", s.items(keywords.items())]]


ENCODERS: dict[type, Callable[[Any, Any], Encoded]] = {
    complex: lambda _, v: ["x", "complex", v.real, v.imag],
    range: lambda s, v: ["x", "range", *s.items((v.start, v.stop, v.step))],
    slice: lambda s, v: ["x", "slice", *s.items((v.start, v.stop, v.step))],
    datetime.datetime: _datetime,
    datetime.time: _time,
    datetime.date: lambda _, v: ["x", "date", v.isoformat()],
    datetime.timedelta: lambda _, v: ["x", "timedelta", v.days, v.seconds, v.microseconds],
    datetime.timezone: lambda _, v: ["x", "timezone", _zone(v)],
    decimal.Decimal: lambda _, v: ["x", "Decimal", str(v)],
    fractions.Fraction: lambda s, v: ["x", "Fraction", *s.items((v.numerator, v.denominator))],
    uuid.UUID: lambda _, v: ["x", "UUID", v.hex],
    pathlib.PosixPath: lambda _, v: ["x", "Path", str(v)],
    pathlib.PurePosixPath: lambda _, v: ["x", "PurePath", str(v)],
    re.Pattern: lambda s, v: ["x", "Pattern", s.encode(v.pattern), int(v.flags)],
    operator.itemgetter: lambda s, v: ["x", "itemgetter", *s.items(v.__reduce__()[1])],
    operator.attrgetter: lambda s, v: ["x", "attrgetter", *s.items(v.__reduce__()[1])],
    operator.methodcaller: _methodcaller,
    collections.ChainMap: lambda s, v: ["x", "ChainMap", *s.items(v.maps)],
    memoryview: lambda s, v: ["x", "memoryview", s.encode(v.tobytes())],
    types.TracebackType: lambda _, __: None,
    type(Ellipsis): lambda _, __: ["x", "Ellipsis"],
    type(NotImplemented): lambda _, __: ["x", "NotImplemented"],
    type({}.keys()): lambda s, v: ["x", "keys", *s.items(v)],
    type({}.values()): lambda s, v: ["x", "values", *s.items(v)],
    type({}.items()): lambda s, v: ["x", "items", *s.items(v)],
}
"""By exact type."""


def _decimal(text: str) -> decimal.Decimal:
    if len(text) > 100_000:
        raise ValueError("a Decimal of over 100,000 digits")
    return decimal.Decimal(text)


MAKERS: dict[str, Callable[..., Any]] = {
    "complex": complex,
    "ChainMap": collections.ChainMap,
    "memoryview": memoryview,
    "itemgetter": operator.itemgetter,
    "attrgetter": operator.attrgetter,
    "methodcaller": lambda arguments, keywords: operator.methodcaller(*arguments, **dict(keywords)),
    "range": range,
    "slice": slice,
    "datetime": lambda text, zone, fold: datetime.datetime.fromisoformat(text).replace(
        tzinfo=_revive_zone(zone), fold=fold
    ),
    "time": lambda text, zone, fold: datetime.time.fromisoformat(text).replace(
        tzinfo=_revive_zone(zone), fold=fold
    ),
    "date": datetime.date.fromisoformat,
    "timedelta": datetime.timedelta,
    "timezone": _revive_zone,
    "Decimal": _decimal,
    "Fraction": fractions.Fraction,
    "UUID": lambda text: uuid.UUID(hex=text),
    "Path": pathlib.PosixPath,
    "PurePath": pathlib.PurePosixPath,
    "Pattern": re.compile,
    "Ellipsis": lambda: ...,
    "NotImplemented": lambda: NotImplemented,
    "keys": lambda *keys: dict.fromkeys(keys).keys(),
    "values": lambda *values: dict(enumerate(values)).values(),
    "items": lambda *items: dict(items).items(),
}
"""By the name that an encoder wrote. What arrives only calls what stands here."""
