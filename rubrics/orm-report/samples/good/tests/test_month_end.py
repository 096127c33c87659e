"""Queries, totals and months: what went wrong with many orders, odd cents and late evenings."""

import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from shop import best_sellers, monthly_report, open_session
from shop.models import Base, Customer, Order, OrderLine, Product, Refund

Report = Callable[..., list[dict[str, Any]]]
MOST_STATEMENTS = 6
REPORTS = pytest.mark.parametrize("report", [monthly_report, best_sellers])


@pytest.fixture
def session() -> Iterator[Session]:
    with open_session(lambda: sqlite3.connect(":memory:")) as session:
        Base.metadata.create_all(session.connection())
        yield session


def named(session: Session, model: type[Any], name: str, **values: int) -> int:
    """Give the id of the row with that name; it is added where it is missing."""
    found = session.scalar(select(model.id).where(model.name == name))
    if found is None:
        session.add(new := model(name=name, **values))
        session.flush()
        found = new.id
    return found


def add_order(
    session: Session,
    *lines: tuple[str, int, int],
    customer: str = "Ada",
    placed_at: datetime = datetime(2026, 3, 10, 12, 0),
    refunds: tuple[int, ...] = (),
) -> None:
    """Add a paid order with lines of (product, quantity, price in cents), all at 19 %."""
    order = Order(customer_id=named(session, Customer, customer), placed_at=placed_at, status="paid")
    session.add(order)
    session.flush()
    for product, quantity, price_cents in lines:
        product_id = named(session, Product, product, vat_percent=19)
        session.add(
            OrderLine(order_id=order.id, product_id=product_id, quantity=quantity, price_cents=price_cents)
        )
    session.add_all(Refund(order_id=order.id, cents=cents) for cents in refunds)
    session.commit()


def statements(session: Session, report: Report) -> int:
    """Count what a report of March sends to the database, with nothing loaded before."""
    session.expunge_all()
    sent = []

    @event.listens_for(session.get_bind(), "before_cursor_execute")
    def count(*arguments: object) -> None:
        sent.append(arguments[2])

    assert report(session, 2026, 3)
    return len(sent)


@REPORTS
def test_orders_and_customers_need_no_more_statements(session: Session, report: Report) -> None:
    for number in range(20):
        add_order(session, ("Tea", 1, 100), customer=f"Customer {number % 10}", refunds=(1,))

    assert statements(session, report) <= MOST_STATEMENTS


def test_rows_multiply_nothing(session: Session) -> None:
    add_order(session, ("Tea", 1, 100), ("Cup", 1, 200), refunds=(5, 6))
    (row,) = monthly_report(session, 2026, 3)

    assert (row["orders"], row["net"], row["refunded"]) == (1, Decimal("3.00"), Decimal("0.11"))


@pytest.mark.parametrize(("price_cents", "vat"), [(150, "0.29"), (550, "1.05"), (3950, "7.51"), (100, "0.19")])
def test_half_a_cent_is_rounded_up(session: Session, price_cents: int, vat: str) -> None:
    add_order(session, ("Tea", 1, price_cents))
    gross = Decimal(price_cents) / 100 + Decimal(vat)

    assert [(row["vat"], row["gross"]) for row in monthly_report(session, 2026, 3)] == [(Decimal(vat), gross)]
    assert best_sellers(session, 2026, 3)[0]["gross"] == gross


def test_vat_is_rounded_for_each_line(session: Session) -> None:
    add_order(session, *[("Tea", 1, 3)] * 10)

    assert monthly_report(session, 2026, 3)[0]["vat"] == Decimal("0.10")


@pytest.mark.parametrize(
    ("placed_at", "month"),
    [
        (datetime(2026, 2, 28, 22, 59), 2),
        (datetime(2026, 2, 28, 23, 0), 3),
        (datetime(2026, 3, 31, 21, 59), 3),
        (datetime(2026, 3, 31, 22, 0), 4),
        (datetime(2026, 12, 31, 22, 59), 12),
        (datetime(2025, 12, 31, 23, 0), 1),
    ],
)
def test_months_are_those_of_the_shops_clock(session: Session, placed_at: datetime, month: int) -> None:
    add_order(session, ("Tea", 1, 100), placed_at=placed_at)

    for report in (monthly_report, best_sellers):
        found = [number for number in range(1, 13) if report(session, 2026, number)]
        assert found == [month]


def test_equal_rows_are_sorted_by_name(session: Session) -> None:
    for name in ("Cleo", "Ada", "Ben"):
        add_order(session, (f"Tea of {name}", 1, 100), customer=name)

    assert [row["customer"] for row in monthly_report(session, 2026, 3)] == ["Ada", "Ben", "Cleo"]
    assert [row["product"] for row in best_sellers(session, 2026, 3, 2)] == ["Tea of Ada", "Tea of Ben"]


def test_limits_below_one_are_refused(session: Session) -> None:
    with pytest.raises(ValueError, match="0"):
        best_sellers(session, 2026, 3, 0)
