"""Addresses of lists with their filters."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode


def with_query(path: str, values: Mapping[str, object]) -> str:
    """`path` with those of `values` that are not empty."""
    query = urlencode({name: str(value) for name, value in values.items() if value})
    return f"{path}?{query}" if query else path
