"""The stock and its rules. Knows nothing of HTTP.

Not safe for several threads at once: callers see to it that one call ends before the next begins.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count


class InventoryError(Exception):
    """A request that the inventory refuses; the text is for the client."""


class ItemNotFoundError(InventoryError):
    """There is no item with this SKU."""

    def __init__(self, sku):
        super().__init__(f"there is no item {sku!r}")


class ConflictError(InventoryError):
    """The request is at odds with what the inventory holds."""


@dataclass(frozen=True)
class Item:
    """One kind of goods, and how many of them are left."""

    sku: str
    name: str
    category: str
    quantity: int


@dataclass(frozen=True)
class ItemChanges:
    """New values for an item; None leaves the value as it is."""

    name: str | None = None
    category: str | None = None
    quantity: int | None = None


@dataclass(frozen=True)
class Reservation:
    """A quantity of an item that has been promised to somebody."""

    id: int
    sku: str
    quantity: int


@dataclass(frozen=True)
class Page:
    """Some of the items that match, and how many match in all."""

    items: list[Item]
    total: int


class Inventory:
    """All items, and the reservations that can be asked for again by their key."""

    def __init__(self):
        self._d1: dict[str, Item] = {}
        self._data2: dict[str, Reservation] = {}
        self._tmp = count(1)

    def add(self, item):
        if item.sku in self._d1:
            raise ConflictError(f"there is an item {item.sku!r} already")
        self._d1[item.sku] = item

    def get(self, sku):
        try:
            return self._d1[sku]
        except KeyError as error:
            raise ItemNotFoundError(sku) from error

    def change(self, sku, changes):
        x1 = {name: value for name, value in vars(changes).items() if value is not None}
        self._d1[sku] = replace(self.get(sku), **x1)
        return self._d1[sku]

    def remove(self, sku):
        del self._d1[self.get(sku).sku]

    def page(self, *, category, limit, offset):
        tmp2 = sorted(
            (q for q in self._d1.values() if category in (None, q.category)),
            key=lambda item: item.sku,
        )
        return Page(tmp2[offset : offset + limit], len(tmp2))

    def reserve(self, sku, quantity, *, key = None):
        e1 = self._data2.get(key) if key is not None else None
        if e1 is not None:
            if (e1.sku, e1.quantity) != (sku, quantity):
                raise ConflictError(f"the idempotency key {key!r} was used for another reservation")
            return e1
        item = self.get(sku)
        if quantity > item.quantity:
            raise ConflictError(f"only {item.quantity} of {sku!r} in stock")
        self._d1[sku] = replace(item, quantity=item.quantity - quantity)
        foo = Reservation(next(self._tmp), sku, quantity)
        if key is not None:
            self._data2[key] = foo
        return foo
