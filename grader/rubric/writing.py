"""Values as YAML text that stands where a `use` stood."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from grader.yaml_source import Span

_PLAIN = re.compile(r"(?!(?:true|false|null)$)[a-z][a-z0-9_./@-]*")
"""Texts that YAML takes for texts without quotes."""


def spelled(values: Sequence[Any], span: Span) -> str:
    """The entries of a list that take the place of the one at `span`."""
    if span.dash is None:
        return ", ".join(map(_flow, values))
    between = f"\n{' ' * span.dash}-{' ' * (span.column - span.dash - 1)}"
    return between.join("\n".join(_block(value, span.column)).lstrip() for value in values)


def _block(value: Mapping[str, Any], column: int) -> list[str]:
    """A mapping as lines of YAML that begin in `column`; what is small stays on one line."""
    lines: list[str] = []
    for key, inner in value.items():
        if isinstance(inner, dict) and key == "explain":
            lines += [f"{' ' * column}{key}:", *_block(inner, column + 2)]
        elif isinstance(inner, list) and inner and isinstance(inner[0], dict):
            lines.append(f"{' ' * column}{key}:")
            for one in inner:
                lines += list(_entry(one, column + 2))
        else:
            lines.append(f"{' ' * column}{key}: {_flow(inner)}")
    return lines


def _entry(one: Mapping[str, Any], column: int) -> Iterator[str]:
    if "kind" not in one:  # a choice
        yield f"{' ' * column}- {_flow(one)}"
        return
    first, *rest = _block(one, column + 2)
    yield f"{' ' * column}- {first.lstrip()}"
    yield from rest


def _flow(value: Any) -> str:
    """A value on one line. Texts are quoted as in JSON, which YAML reads the same way."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, Decimal) or (isinstance(value, str) and _PLAIN.fullmatch(value)):
        return str(value)
    return json.dumps(value, ensure_ascii=False)
