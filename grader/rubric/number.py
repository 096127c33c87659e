"""Exact numbers in a rubric: 3, 0.25 and "25 %" are all `Fraction`s, so no sum is ever off by a rounding."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any

from pydantic import Field, PlainSerializer, PlainValidator, WithJsonSchema

LARGEST = 10**9
_PERCENT = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*%")


def _number(given: Any) -> Fraction:
    if isinstance(given, str):
        percent = _PERCENT.fullmatch(given.strip())
        if percent is None:
            raise ValueError(f"must be a number or a percentage like 40 %, not `{given[:40]}`.")
        return Fraction(percent[1]) / 100
    if isinstance(given, bool) or not isinstance(given, int | Decimal | Fraction):
        raise ValueError("must be a number.")  # noqa: TRY004 - pydantic collects ValueErrors only
    number = Fraction(given)
    if abs(number) > LARGEST:
        raise ValueError(f"must lie between -{LARGEST} and {LARGEST}.")
    return number


def _points(given: Any) -> Fraction:
    if isinstance(given, str):
        raise ValueError(f"must be a number, not `{given[:40]}`.")  # noqa: TRY004 - as above
    number = _number(given)
    if number < 0:
        raise ValueError("must not be negative.")
    return number


def _share(given: Any) -> Fraction:
    number = _number(given)
    if not 0 <= number <= 1:
        raise ValueError("must lie between 0 and 1 (or 0 % and 100 %).")
    return number


_PERCENT_SCHEMA = {"type": "string", "pattern": r"^\s*\d{1,9}(\.\d{1,9})?\s*%\s*$"}

_SERIALIZER = PlainSerializer(str, return_type=str)

Number = Annotated[
    Fraction,
    PlainValidator(_number),
    WithJsonSchema({"anyOf": [{"type": "number"}, _PERCENT_SCHEMA]}),
    _SERIALIZER,
]
"""Any number; "40 %" is 0.4."""

Points = Annotated[
    Fraction, PlainValidator(_points), WithJsonSchema({"type": "number", "minimum": 0}), _SERIALIZER
]
"""A number that is not negative."""

Share = Annotated[
    Fraction,
    PlainValidator(_share),
    WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, _PERCENT_SCHEMA]}),
    _SERIALIZER,
]
"""0..1, or "0 %".."100 %"."""

Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
"""Lower-case word that answers and reports refer to."""

Words = Annotated[str, Field(min_length=1)]
"""Text that must not be empty."""
