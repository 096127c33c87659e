"""Flatten nested dictionaries to one level, and back. See brief.md."""

from typing import Any


class KeyCollisionError(ValueError):
    """Two values want the same place."""


def flatten(data: dict[str, Any], separator: str = ".") -> dict[str, Any]:
    """Return `data` as a dict of one level."""
    raise NotImplementedError


def unflatten(flat: dict[str, Any], separator: str = ".") -> dict[str, Any]:
    """Return the nested data that `flat` was made from."""
    raise NotImplementedError
