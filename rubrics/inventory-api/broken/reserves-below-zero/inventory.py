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

    def __init__(self, sku: str) -> None:
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

    def __init__(self) -> None:
        self._items: dict[str, Item] = {}
        self._reservations_by_key: dict[str, Reservation] = {}
        self._reservation_ids = count(1)

    def add(self, item: Item) -> None:
        """Take in a new item.

        Raises:
            ConflictError: there is one with this SKU already.
        """
        if item.sku in self._items:
            raise ConflictError(f"there is an item {item.sku!r} already")
        self._items[item.sku] = item

    def get(self, sku: str) -> Item:
        """Look up one item.

        Raises:
            ItemNotFoundError: there is none with this SKU.
        """
        try:
            return self._items[sku]
        except KeyError as error:
            raise ItemNotFoundError(sku) from error

    def change(self, sku: str, changes: ItemChanges) -> Item:
        """Replace the values that are given and return the new item.

        Raises:
            ItemNotFoundError: there is none with this SKU.
        """
        given = {name: value for name, value in vars(changes).items() if value is not None}
        self._items[sku] = replace(self.get(sku), **given)
        return self._items[sku]

    def remove(self, sku: str) -> None:
        """Forget an item.

        Raises:
            ItemNotFoundError: there is none with this SKU.
        """
        del self._items[self.get(sku).sku]

    def page(self, *, category: str | None, limit: int, offset: int) -> Page:
        """Return at most `limit` items, sorted by SKU, after skipping `offset`; of one category or of all."""
        matching = sorted(
            (item for item in self._items.values() if category in (None, item.category)),
            key=lambda item: item.sku,
        )
        return Page(matching[offset : offset + limit], len(matching))

    def reserve(self, sku: str, quantity: int, *, key: str | None = None) -> Reservation:
        """Take `quantity` from the stock. With the `key` of an earlier reservation, return that one again.

        Raises:
            ItemNotFoundError: there is none with this SKU.
            ConflictError: the key stands for another reservation.
        """
        earlier = self._reservations_by_key.get(key) if key is not None else None
        if earlier is not None:
            if (earlier.sku, earlier.quantity) != (sku, quantity):
                raise ConflictError(f"the idempotency key {key!r} was used for another reservation")
            return earlier
        item = self.get(sku)
        self._items[sku] = replace(item, quantity=item.quantity - quantity)
        reservation = Reservation(next(self._reservation_ids), sku, quantity)
        if key is not None:
            self._reservations_by_key[key] = reservation
        return reservation
