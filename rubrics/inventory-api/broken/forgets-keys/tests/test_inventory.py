"""Tests of the rules of the stock."""

import pytest

from inventory import ConflictError, Inventory, Item, ItemChanges, ItemNotFoundError

TEA = Item("TEA", "Green tea", "drinks", 5)


@pytest.fixture
def inventory() -> Inventory:
    stock = Inventory()
    stock.add(TEA)
    return stock


def test_keeps_what_was_added(inventory: Inventory) -> None:
    assert inventory.get("TEA") == TEA


def test_refuses_a_second_item_with_the_same_sku(inventory: Inventory) -> None:
    with pytest.raises(ConflictError, match="TEA"):
        inventory.add(TEA)


def test_changes_only_what_is_given(inventory: Inventory) -> None:
    assert inventory.change("TEA", ItemChanges(quantity=0)) == Item("TEA", "Green tea", "drinks", 0)
    assert inventory.get("TEA").quantity == 0


def test_removed_item_is_gone(inventory: Inventory) -> None:
    inventory.remove("TEA")

    with pytest.raises(ItemNotFoundError, match="TEA"):
        inventory.get("TEA")


def test_pages_are_sorted_filtered_and_counted(inventory: Inventory) -> None:
    bread, coffee = Item("BREAD", "Rye", "food", 1), Item("COFFEE", "Beans", "drinks", 1)
    inventory.add(coffee)
    inventory.add(bread)

    everything = inventory.page(category=None, limit=2, offset=0)
    drinks = inventory.page(category="drinks", limit=2, offset=1)

    assert (everything.items, everything.total) == ([bread, coffee], 3)
    assert (drinks.items, drinks.total) == ([TEA], 2)


def test_reserves_down_to_zero_and_no_further(inventory: Inventory) -> None:
    inventory.reserve("TEA", 5)

    with pytest.raises(ConflictError, match="only 0"):
        inventory.reserve("TEA", 1)
    assert inventory.get("TEA").quantity == 0


def test_each_reservation_has_its_own_id(inventory: Inventory) -> None:
    assert inventory.reserve("TEA", 1).id != inventory.reserve("TEA", 1).id
