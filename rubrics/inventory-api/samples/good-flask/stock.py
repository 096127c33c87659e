"""Items and reservations, safe for the threads of the server."""

import threading
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4


class Refused(Exception):
    """The stock does not do what was asked for."""

    status = 409


class NoSuchItem(Refused):
    """There is no item with this SKU."""

    status = 404


@dataclass(frozen=True)
class Item:
    sku: str
    name: str
    category: str
    quantity: int


@dataclass(frozen=True)
class Reservation:
    id: str
    sku: str
    quantity: int


class Stock:
    """All items. Whatever reads and then writes holds the lock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._items: dict[str, Item] = {}
        self._by_key: dict[str, Reservation] = {}

    def add(self, item: Item) -> Item:
        """Add a new item."""
        with self._lock:
            if item.sku in self._items:
                raise Refused(f"{item.sku} is taken")
            self._items[item.sku] = item
            return item

    def get(self, sku: str) -> Item:
        """Return one item."""
        item = self._items.get(sku)
        if item is None:
            raise NoSuchItem(f"no item {sku}")
        return item

    def matching(self, category: str | None) -> list[Item]:
        """Return the items of a category, or all, sorted."""
        with self._lock:
            items = list(self._items.values())
        return sorted(
            (item for item in items if category is None or item.category == category), key=lambda item: item.sku
        )

    def change(self, sku: str, changes: dict[str, Any]) -> Item:
        """Change some fields of an item."""
        with self._lock:
            self._items[sku] = replace(self.get(sku), **changes)
            return self._items[sku]

    def remove(self, sku: str) -> None:
        """Remove an item."""
        with self._lock:
            self.get(sku)
            del self._items[sku]

    def reserve(self, sku: str, quantity: int, key: str | None) -> Reservation:
        """Take from the stock, once for each key."""
        with self._lock:
            made = self._by_key.get(key) if key else None
            if made:
                if (made.sku, made.quantity) != (sku, quantity):
                    raise Refused("this key belongs to another reservation")
                return made
            item = self.get(sku)
            if item.quantity < quantity:
                raise Refused(f"there are only {item.quantity}")
            self._items[sku] = replace(item, quantity=item.quantity - quantity)
            reservation = Reservation(uuid4().hex, sku, quantity)
            if key:
                self._by_key[key] = reservation
            return reservation
