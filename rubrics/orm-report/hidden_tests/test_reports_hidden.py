"""Hidden suite of the take-home `orm-report`. Every test checks a sentence of brief.md and nothing else.

Tests of `queries` and `totals` fail on the code as it is given out, those of `unchanged` pass on it.
"""

from decimal import Decimal

import pytest
from shop import best_sellers, monthly_report

MOST_STATEMENTS = 6
TEA, CUP = ("Tea", 7, 2, 350), ("Cup", 19, 1, 1000)
MARCH = (2026, 3)


def fill(database, *, customers=3, orders=1, lines=1, products=1, month=3):
    """Insert so many orders of each customer, each with so many lines of so many products."""
    for customer in range(customers):
        for order in range(orders):
            kinds = [(f"Product {(order + line) % products}", 19, 1, 100) for line in range(lines)]
            database.order(f"Customer {customer}", f"2026-{month:02}-10 12:00:00", lines=kinds, refunds=[5])


def row(database, *month):
    """The report's only row."""
    (found,) = database.ask(monthly_report, *(month or MARCH))
    return found


# Queries


@pytest.mark.criterion("queries")
@pytest.mark.parametrize("report", [monthly_report, best_sellers], ids=["monthly_report", "best_sellers"])
@pytest.mark.parametrize(
    "size",
    [{"customers": 12}, {"customers": 1, "orders": 12}, {"customers": 1, "lines": 12, "products": 12}],
    ids=["customers", "orders of a customer", "lines and products"],
)
def test_statements_do_not_grow(database, report, size):
    fill(database, **size)

    statements, rows = database.cost(report, *MARCH)

    assert rows, "nothing was read from the database"
    assert statements <= MOST_STATEMENTS


@pytest.mark.criterion("queries")
@pytest.mark.parametrize("report", [monthly_report, best_sellers], ids=["monthly_report", "best_sellers"])
def test_rows_of_other_months_are_not_read(database, report):
    fill(database, customers=2)
    _, few = database.cost(report, *MARCH)
    fill(database, customers=2, orders=8, month=1)
    fill(database, customers=2, orders=8, month=5)

    _, many = database.cost(report, *MARCH)

    assert 0 < many <= few


@pytest.mark.criterion("queries")
@pytest.mark.parametrize("report", [monthly_report, best_sellers], ids=["monthly_report", "best_sellers"])
def test_statements_of_many_months_in_one_session(database, report):
    fill(database, customers=8)
    fill(database, customers=8, month=4)

    def two_months(session):
        return [report(session, 2026, month) for month in (3, 4)]

    statements, rows = database.cost(two_months)

    assert rows, "nothing was read from the database"
    assert statements <= 2 * MOST_STATEMENTS


# Totals


@pytest.mark.criterion("totals")
@pytest.mark.parametrize(
    ("vat_percent", "price_cents", "vat"),
    [(7, 150, "0.11"), (19, 150, "0.29"), (5, 90, "0.05"), (19, 3950, "7.51"), (25, 18, "0.05")],
)
def test_half_a_cent_is_rounded_up(database, vat_percent, price_cents, vat):
    database.order(lines=[("Tea", vat_percent, 1, price_cents)])
    gross = Decimal(price_cents) / 100 + Decimal(vat)

    assert (row(database)["vat"], row(database)["gross"]) == (Decimal(vat), gross)
    assert database.ask(best_sellers, *MARCH)[0]["gross"] == gross


@pytest.mark.criterion("totals")
def test_vat_is_rounded_for_each_line(database):
    database.order(lines=[("Tea", 5, 1, 10)] * 3)
    database.order(lines=[("Tea", 5, 3, 10)])

    assert (row(database)["vat"], row(database)["gross"]) == (Decimal("0.05"), Decimal("0.65"))
    assert database.ask(best_sellers, *MARCH)[0]["gross"] == Decimal("0.65")


@pytest.mark.criterion("totals")
def test_large_sums_lose_no_cent(database):
    database.order(lines=[("Ship", 19, 1, 90_071_992_547_409_91), ("Tea", 19, 1, 1), ("Tea", 19, 1, 1)])
    found = row(database)

    assert str(found["net"]) == "90071992547409.93"
    assert str(found["gross"]) == "107185671131417.81"
    assert str(database.ask(best_sellers, *MARCH, 2)[1]["gross"]) == "107185671131417.79"


@pytest.mark.criterion("totals")
@pytest.mark.parametrize(
    ("before", "after", "month"),
    [
        ("2026-02-28 22:59:59", "2026-02-28 23:00:00", (2026, 3)),
        ("2026-03-31 21:59:59", "2026-03-31 22:00:00", (2026, 4)),
        ("2026-09-30 21:59:59", "2026-09-30 22:00:00", (2026, 10)),
        ("2025-12-31 22:59:59", "2025-12-31 23:00:00", (2026, 1)),
    ],
    ids=["winter", "end of March", "summer", "new year"],
)
def test_months_begin_on_the_shops_clock(database, before, after, month):
    database.order("Ada", before, lines=[CUP])
    database.order("Ben", after, lines=[TEA])

    assert [found["customer"] for found in database.ask(monthly_report, *month)] == ["Ben"]
    assert [found["product"] for found in database.ask(best_sellers, *month)] == ["Tea"]


@pytest.mark.criterion("totals")
def test_months_end_on_the_shops_clock(database):
    database.order("Ada", "2026-10-31 22:59:59", lines=[CUP])
    database.order("Ben", "2026-10-31 23:00:00", lines=[TEA])
    database.order("Cleo", "2026-09-30 22:30:00", lines=[TEA])

    assert [found["customer"] for found in database.ask(monthly_report, 2026, 10)] == ["Ada", "Cleo"]


@pytest.mark.criterion("totals")
def test_amounts_are_decimals_with_two_places(database):
    database.order(lines=[("Tea", 5, 2, 5)])
    database.order(lines=[("Cup", 5, 1, 990)], refunds=[10, 20])
    found = row(database)

    shown = [str(found[key]) for key in ("net", "vat", "gross", "refunded")]
    assert shown == ["10.00", "0.51", "10.51", "0.30"]
    assert {type(found[key]) for key in ("net", "vat", "gross", "refunded")} == {Decimal}


# All else unchanged


@pytest.mark.criterion("unchanged")
def test_row_of_a_customer(database):
    database.order(lines=[TEA, CUP], refunds=[100, 19])
    database.order(lines=[("Tea", 7, 3, 400)], refunds=[1])

    assert row(database) == {
        "customer": "Ada",
        "orders": 2,
        "net": Decimal("29.00"),
        "vat": Decimal("3.23"),
        "gross": Decimal("32.23"),
        "refunded": Decimal("1.20"),
        "top_product": "Tea",
    }


@pytest.mark.criterion("unchanged")
def test_customers_are_sorted_by_gross_then_name(database):
    for name, price in (("Cleo", 100), ("Ben", 900), ("Ada", 100), ("Dora", 500)):
        database.order(name, lines=[("Tea", 10, 1, price)])

    rows = database.ask(monthly_report, *MARCH)

    assert [found["customer"] for found in rows] == ["Ben", "Dora", "Ada", "Cleo"]


@pytest.mark.criterion("unchanged")
def test_cancelled_orders_do_not_count(database):
    database.order(lines=[TEA])
    database.order(lines=[CUP], status="cancelled", refunds=[50])
    database.order("Ben", lines=[CUP], status="cancelled")

    found = row(database)

    assert (found["customer"], found["orders"], found["refunded"]) == ("Ada", 1, Decimal("0.00"))
    assert [sold["product"] for sold in database.ask(best_sellers, *MARCH)] == ["Tea"]


@pytest.mark.criterion("unchanged")
def test_month_without_orders(database):
    database.order(lines=[TEA])

    assert database.ask(monthly_report, 2026, 7) == []
    assert database.ask(monthly_report, 2025, 3) == []
    assert database.ask(best_sellers, 2026, 7) == []


@pytest.mark.criterion("unchanged")
def test_order_without_lines(database):
    database.order()

    assert row(database) == {
        "customer": "Ada",
        "orders": 1,
        "net": Decimal("0.00"),
        "vat": Decimal("0.00"),
        "gross": Decimal("0.00"),
        "refunded": Decimal("0.00"),
        "top_product": None,
    }
    assert database.ask(best_sellers, *MARCH) == []


@pytest.mark.criterion("unchanged")
def test_top_product_is_the_most_frequent_then_the_first_by_name(database):
    database.order(lines=[("Tea", 7, 2, 1), ("Cup", 19, 3, 1)])
    database.order(lines=[("Tea", 7, 2, 1), ("Apple", 7, 4, 1)])

    assert row(database)["top_product"] == "Apple"


@pytest.mark.criterion("unchanged")
def test_best_sellers_are_sorted_by_quantity_then_name(database):
    database.order(lines=[("Tea", 10, 2, 10), ("Cup", 10, 5, 10), ("Apple", 10, 3, 100)])
    database.order("Ben", lines=[("Tea", 10, 3, 20)])

    assert database.ask(best_sellers, *MARCH) == [
        {"product": "Cup", "quantity": 5, "gross": Decimal("0.55")},
        {"product": "Tea", "quantity": 5, "gross": Decimal("0.88")},
        {"product": "Apple", "quantity": 3, "gross": Decimal("3.30")},
    ]


@pytest.mark.criterion("unchanged")
def test_best_sellers_are_ten_unless_told_otherwise(database):
    database.order(lines=[(f"Product {number:02}", 10, 1, 10) for number in range(12)])

    assert len(database.ask(best_sellers, *MARCH)) == 10
    assert [sold["product"] for sold in database.ask(best_sellers, *MARCH, 2)] == ["Product 00", "Product 01"]


@pytest.mark.criterion("unchanged")
@pytest.mark.parametrize("month", [0, 13])
def test_months_that_do_not_exist(database, month):
    for report in (monthly_report, best_sellers):
        with pytest.raises(ValueError, match=str(month)):
            database.ask(report, 2026, month)


@pytest.mark.criterion("unchanged")
def test_limits_below_one(database):
    with pytest.raises(ValueError, match="0"):
        database.ask(best_sellers, *MARCH, 0)


@pytest.mark.criterion("unchanged")
def test_reports_read_again_what_has_changed(database):
    database.order(lines=[("Tea", 10, 1, 100)])
    assert row(database)["orders"] == 1
    database.order(lines=[("Tea", 10, 1, 100)])

    assert row(database)["orders"] == 2
