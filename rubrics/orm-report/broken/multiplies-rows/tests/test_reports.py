"""The tests that the reports have had so far. All of them pass."""

import sqlite3
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from shop import best_sellers, monthly_report, open_session
from shop.models import Base, Customer, Order, OrderLine, Product


@pytest.fixture
def session() -> Iterator[Session]:
    with open_session(lambda: sqlite3.connect(":memory:")) as session:
        Base.metadata.create_all(session.connection())
        tea, cup = Product(name="Tea", vat_percent=7), Product(name="Cup", vat_percent=19)
        ada, ben = Customer(name="Ada"), Customer(name="Ben")
        session.add_all(
            [
                Order(
                    customer=ada,
                    placed_at=datetime(2026, 3, 5, 12, 0),
                    status="paid",
                    lines=[
                        OrderLine(product=tea, quantity=4, price_cents=300),
                        OrderLine(product=cup, quantity=1, price_cents=1000),
                    ],
                ),
                Order(
                    customer=ben,
                    placed_at=datetime(2026, 3, 6, 12, 0),
                    status="cancelled",
                    lines=[OrderLine(product=cup, quantity=9, price_cents=1000)],
                ),
                Order(
                    customer=ben,
                    placed_at=datetime(2026, 4, 6, 12, 0),
                    status="paid",
                    lines=[OrderLine(product=cup, quantity=2, price_cents=1000)],
                ),
            ]
        )
        session.commit()
        yield session


def test_monthly_report(session: Session) -> None:
    assert monthly_report(session, 2026, 3) == [
        {
            "customer": "Ada",
            "orders": 1,
            "net": Decimal("22.00"),
            "vat": Decimal("2.74"),
            "gross": Decimal("24.74"),
            "refunded": Decimal("0.00"),
            "top_product": "Tea",
        }
    ]


def test_best_sellers(session: Session) -> None:
    assert best_sellers(session, 2026, 3) == [
        {"product": "Tea", "quantity": 4, "gross": Decimal("12.84")},
        {"product": "Cup", "quantity": 1, "gross": Decimal("11.90")},
    ]
    assert best_sellers(session, 2026, 3, limit=1)[0]["product"] == "Tea"


def test_there_are_twelve_months(session: Session) -> None:
    with pytest.raises(ValueError, match="13"):
        monthly_report(session, 2026, 13)
