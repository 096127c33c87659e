"""What clients send: checked by hand, field by field."""

import json
import re
from typing import Any

from stock import Item

SKU = re.compile("[A-Z0-9-]{1,40}")


class InvalidInput(ValueError):
    """Something in the request breaks a rule; the text says what."""


def item(data: bytes) -> Item:
    """Read the body that creates an item."""
    fields = _fields(data, {"sku", "name", "category", "quantity"})
    missing = {"sku", "name", "category", "quantity"} - set(fields)
    if missing:
        raise InvalidInput(f"missing: {', '.join(sorted(missing))}")
    if not isinstance(fields["sku"], str) or not SKU.fullmatch(fields["sku"]):
        raise InvalidInput("sku must be 1 to 40 of A-Z, 0-9 and -")
    _check_values(fields)
    return Item(**fields)


def changes(data: bytes) -> dict[str, Any]:
    """Read the body that changes an item."""
    fields = _fields(data, {"name", "category", "quantity"})
    if not fields:
        raise InvalidInput("nothing to change")
    _check_values(fields)
    return fields


def reservation(data: bytes) -> int:
    """Read the body that asks for a reservation."""
    return _whole_number(_fields(data, {"quantity"}).get("quantity"), "quantity", 1)


def page_number(text: str, name: str, lowest: int, highest: int = 10**9) -> int:
    """Read a query parameter."""
    if not re.fullmatch("[0-9]{1,10}", text) or not lowest <= int(text) <= highest:
        raise InvalidInput(f"{name} must be a number from {lowest} to {highest}")
    return int(text)


def _fields(data: bytes, known: set[str]) -> dict[str, Any]:
    try:
        body = json.loads(data)
    except ValueError as error:
        raise InvalidInput("the body is not JSON") from error
    if not isinstance(body, dict):
        raise InvalidInput("the body is not a JSON object")
    unknown = set(body) - known
    if unknown:
        raise InvalidInput(f"unknown: {', '.join(sorted(unknown))}")
    return body


def _check_values(fields: dict[str, Any]) -> None:
    for name in ("name", "category"):
        text = fields.get(name, "-")
        if not isinstance(text, str) or not 1 <= len(text) <= 100:
            raise InvalidInput(f"{name} must be a text of 1 to 100 characters")
    _whole_number(fields.get("quantity", 0), "quantity", 0)


def _whole_number(value: object, name: str, lowest: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < lowest:
        raise InvalidInput(f"{name} must be a whole number from {lowest} up")
    return value
