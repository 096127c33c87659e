from typing import Any, Dict


class KeyCollisionError(ValueError):
    pass


def flatten(data: Dict[str, Any], separator: str = ".") -> Dict[str, Any]:
    """Flattens a nested dict."""
    result = {}

    def walk(obj, prefix):
        if isinstance(obj, dict):
            for k, v in obj.items():
                walk(v, prefix + separator + k if prefix else k)
        elif isinstance(obj, list):
            for i, v in enumerate(obj):
                walk(v, prefix + separator + str(i))
        else:
            if prefix in result:
                raise KeyCollisionError("duplicate key: " + prefix)
            result[prefix] = obj

    walk(data, "")
    return result


def unflatten(flat: Dict[str, Any], separator: str = ".") -> Dict[str, Any]:
    """Unflattens a flat dict."""
    result = {}
    for key, value in flat.items():
        parts = key.split(separator)
        current = result
        for part in parts[:-1]:
            if part not in current:
                current[part] = {}
            current = current[part]
        current[parts[-1]] = value
    return fix_lists(result)


def fix_lists(obj):
    if not isinstance(obj, dict):
        return obj
    obj = {k: fix_lists(v) for k, v in obj.items()}
    if obj and all(k.isdigit() for k in obj):
        return [obj[k] for k in sorted(obj, key=int)]
    return obj
