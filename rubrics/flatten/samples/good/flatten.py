"""Translate between nested data and the flat keys of our store."""

from __future__ import annotations

from typing import Any


class KeyCollisionError(ValueError):
    """Two values want the same place."""


class _Level(dict[str, Any]):
    """A dict that `unflatten` makes, never one that came in as a value."""


def flatten(data: dict[str, Any], separator: str = ".") -> dict[str, Any]:
    """Return `data` as a dict of one level, keys joined with `separator`."""
    _require_dict(data)
    _require_separator(separator)
    flat: dict[str, Any] = {}
    _collect(data, [], separator, flat)
    return flat


def unflatten(flat: dict[str, Any], separator: str = ".") -> dict[str, Any]:
    """Return the nested data that `flatten` made `flat` from."""
    _require_dict(flat)
    _require_separator(separator)
    top = _Level()
    for key, value in flat.items():
        _require_text(key)
        *parents, last = key.split(separator)
        level = top
        for parent in parents:
            level = level.setdefault(parent, _Level())
            if not isinstance(level, _Level):
                raise KeyCollisionError(f"cannot put {key!r}: there is a value on the way")
        if last in level:
            raise KeyCollisionError(f"cannot put {key!r}: its place is taken")
        level[last] = value
    return {key: _finish(child) for key, child in top.items()}


def _collect(node: dict[str, Any] | list[Any], above: list[str], separator: str, flat: dict[str, Any]) -> None:
    """Add every leaf below `node` to `flat`."""
    children = node.items() if isinstance(node, dict) else [(str(i), item) for i, item in enumerate(node)]
    for key, child in children:
        _require_text(key)
        keys = [*above, key]
        if isinstance(child, (dict, list)) and child:
            _collect(child, keys, separator, flat)
            continue
        flat_key = separator.join(keys)
        if flat_key in flat:
            raise KeyCollisionError(f"{flat_key!r} is produced twice")
        flat[flat_key] = child


def _finish(node: Any) -> Any:
    """Turn levels with the keys 0, 1, … n-1 into lists, and all others into plain dicts."""
    if not isinstance(node, _Level):
        return node
    finished = {key: _finish(child) for key, child in node.items()}
    wanted = [str(index) for index in range(len(finished))]
    if finished.keys() == set(wanted):
        return [finished[index] for index in wanted]
    return finished


def _require_dict(data: object) -> None:
    if not isinstance(data, dict):
        raise TypeError(f"a dict is needed, {type(data).__name__} was given")


def _require_separator(separator: str) -> None:
    if separator == "":
        raise ValueError("the separator is empty")


def _require_text(key: object) -> None:
    if not isinstance(key, str):
        raise TypeError(f"key {key!r} is not a string")
