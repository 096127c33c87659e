"""Flatten nested dictionaries to one level, and back."""

from typing import Any


class KeyCollisionError(ValueError):
    """Two values want the same place."""


class _Branch(dict[str, Any]):
    """A level that `unflatten` is building."""


def flatten(data: dict[str, Any], separator: str = ".") -> dict[str, Any]:
    """Return `data` as a dict of one level.

    Raises:
        KeyCollisionError: two paths give the same flat key.
        TypeError: `data` is not a dict, or a key somewhere in it is not a string.
        ValueError: `separator` is empty.
    """
    if not isinstance(data, dict):
        raise TypeError(f"expected a dict, not {type(data).__name__}")
    if not separator:
        raise ValueError("the separator must not be empty")
    flat: dict[str, Any] = {}
    pending: list[tuple[str | None, Any]] = [(None, data)]
    while pending:
        prefix, container = pending.pop()
        if isinstance(container, dict) and (container or prefix is None):
            children = []
            for key, child in container.items():
                if isinstance(key, str):
                    if prefix is None:
                        children.append((key, child))
                    else:
                        children.append((prefix + separator + key, child))
                else:
                    raise TypeError(f"keys must be strings, not {key!r}")
            for pair in reversed(children):
                pending.append(pair)
        elif isinstance(container, list) and container:
            children = []
            for index, child in enumerate(container):
                if prefix is None:
                    children.append((str(index), child))
                else:
                    children.append((prefix + separator + str(index), child))
            for pair in reversed(children):
                pending.append(pair)
        elif prefix is not None:
            if prefix in flat:
                raise KeyCollisionError(f"two values want the key {prefix!r}")
            else:
                flat[prefix] = container
    return flat


def unflatten(flat: dict[str, Any], separator: str = ".") -> dict[str, Any]:
    """Return the nested data that `flat` was made from.

    Raises:
        KeyCollisionError: one key leads through the value of another.
        TypeError: `flat` is not a dict, or one of its keys is not a string.
        ValueError: `separator` is empty.
    """
    if not isinstance(flat, dict):
        raise TypeError(f"expected a dict, not {type(flat).__name__}")
    if not separator:
        raise ValueError("the separator must not be empty")
    root = _Branch()
    branches: list[tuple[Any, str, _Branch]] = []
    for key, value in flat.items():
        if not isinstance(key, str):
            raise TypeError(f"keys must be strings, not {key!r}")
        else:
            branch = root
            parts = key.split(separator)
            for position, part in enumerate(parts):
                if position == len(parts) - 1:
                    if part in branch:
                        raise KeyCollisionError(f"{key!r} is also on the way to another key")
                    else:
                        branch[part] = value
                else:
                    if part in branch:
                        if isinstance(branch[part], _Branch):
                            branch = branch[part]
                        else:
                            raise KeyCollisionError(f"{key!r} leads through the value of another key")
                    else:
                        child = _Branch()
                        branches.append((branch, part, child))
                        branch[part] = child
                        branch = child
    for parent, part, branch in reversed(branches):
        is_list = True
        for index in range(len(branch)):
            if str(index) not in branch:
                is_list = False
        if is_list:
            items = []
            for index in range(len(branch)):
                items.append(branch[str(index)])
            parent[part] = items
        else:
            parent[part] = dict(branch)
    return dict(root)
