"""Flatten nested dictionaries to one level, and back.

A *path* is the tuple of keys that leads to a value; a flat key is a path joined with the separator.
"""

from collections.abc import Iterator
from typing import Any

Path = tuple[str, ...]


class KeyCollisionError(ValueError):
    """Two values want the same place."""


def flatten(data: dict[str, Any], separator: str = ".") -> dict[str, Any]:
    """Return `data` as a dict of one level.

    Raises:
        KeyCollisionError: two paths give the same flat key.
        TypeError: `data` is not a dict, or a key somewhere in it is not a string.
        ValueError: `separator` is empty.
    """
    _check_arguments(data, separator)
    flat: dict[str, Any] = {}
    for path, value in _leaves(data, ()):
        key = separator.join(path)
        if key in flat:
            raise KeyCollisionError(f"two values want the key {key!r}")
        flat[key] = value
    return flat


def unflatten(flat: dict[str, Any], separator: str = ".") -> dict[str, Any]:
    """Return the nested data that `flat` was made from.

    Raises:
        KeyCollisionError: one key leads through the value of another.
        TypeError: `flat` is not a dict, or one of its keys is not a string.
        ValueError: `separator` is empty.
    """
    _check_arguments(flat, separator)
    root = _Branch()
    for key, value in _items(flat):
        _insert(root, key, key.split(separator), value)
    return {key: _restored(child) for key, child in root.items()}


class _Branch(dict[str, Any]):
    """A level that `unflatten` is building: told apart by its type from a dict that is a value."""


def _check_arguments(data: object, separator: str) -> None:
    if not isinstance(data, dict):
        raise TypeError(f"expected a dict, not {type(data).__name__}")
    if not separator:
        raise ValueError("the separator must not be empty")


def _leaves(container: dict[str, Any] | list[Any], path: Path) -> Iterator[tuple[Path, Any]]:
    """Yield the path and the value of every leaf below `container`, which `path` leads to."""
    for key, child in _items(container):
        child_path = (*path, key)
        if isinstance(child, dict | list):
            yield from _leaves(child, child_path)
        else:
            yield child_path, child


def _items(container: dict[str, Any] | list[Any]) -> Iterator[tuple[str, Any]]:
    """Yield keys and children of a dict or a list; those of a list are its indices as text."""
    pairs = container.items() if isinstance(container, dict) else enumerate(container)
    for key, child in pairs:
        if isinstance(container, dict) and not isinstance(key, str):
            raise TypeError(f"keys must be strings, not {key!r}")
        yield str(key), child


def _insert(branch: _Branch, flat_key: str, path: list[str], value: Any) -> None:
    """Put `value` where `path` leads, growing branches on the way; `flat_key` is for messages."""
    *parents, last = path
    for parent in parents:
        branch = branch.setdefault(parent, _Branch())
        if not isinstance(branch, _Branch):
            raise KeyCollisionError(f"{flat_key!r} leads through the value of another key")
    if last in branch:
        raise KeyCollisionError(f"{flat_key!r} is also on the way to another key")
    branch[last] = value


def _restored(node: Any) -> Any:
    """Return `node` with every branch in it turned into the dict or list that it stands for."""
    if not isinstance(node, _Branch):
        return node
    children = {key: _restored(child) for key, child in node.items()}
    indices = [str(index) for index in range(len(children))]
    if set(children) == set(indices):
        return [children[index] for index in indices]
    return children
