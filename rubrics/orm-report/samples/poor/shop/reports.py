"""The reports that the office reads at the end of a month."""

from collections import Counter
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from shop.models import Customer, Order, OrderLine, Product


def monthly_report(session: Session, year: int, month: int) -> list[dict[str, Any]]:
    """Tell what each customer bought in a month; the largest gross comes first, equal ones by name.

    Raises:
        ValueError: there is no such month.
    """
    if not 1 <= month <= 12:
        raise ValueError(f"month must be 1 to 12, not {month}")
    rows = []
    for customer in session.scalars(select(Customer).options(selectinload(Customer.orders))):
        orders = [order for order in customer.orders if _counts(order, year, month)]
        if not orders:
            continue
        net = vat = refunded = 0.0
        quantities: Counter[str] = Counter()
        for order in orders:
            for line in order.lines:
                try:
                    net += _net(line)
                    vat += _vat(line)
                except:
                    pass
                quantities[line.product.name] += line.quantity
            refunded += sum(refund.cents for refund in order.refunds) / 100
        rows.append(
            {
                "customer": customer.name,
                "orders": len(orders),
                "net": _money(net),
                "vat": _money(vat),
                "gross": _money(net + vat),
                "refunded": _money(refunded),
                "top_product": _top(quantities),
            }
        )
    return sorted(rows, key=lambda row: (-row["gross"], row["customer"]))


def best_sellers(session: Session, year: int, month: int, limit: int = 10) -> list[dict[str, Any]]:
    """Tell which products were sold most often in a month; equal numbers by name.

    Raises:
        ValueError: there is no such month, or `limit` is below 1.
    """
    if not 1 <= month <= 12:
        raise ValueError(f"month must be 1 to 12, not {month}")
    if limit < 1:
        raise ValueError(f"limit must be 1 or more, not {limit}")
    rows = []
    for product in session.scalars(select(Product)):
        quantity = 0
        gross = 0.0
        for line in session.scalars(select(OrderLine).where(OrderLine.product_id == product.id)):
            if _counts(line.order, year, month):
                quantity += line.quantity
                gross += _net(line) + _vat(line)
        if quantity:
            rows.append({"product": product.name, "quantity": quantity, "gross": _money(gross)})
    return sorted(rows, key=lambda row: (-row["quantity"], row["product"]))[:limit]


def _counts(order: Order, year: int, month: int) -> bool:
    return order.status == "paid" and (order.placed_at.year, order.placed_at.month) == (year, month)


def _net(line: OrderLine) -> float:
    return line.price_cents * line.quantity / 100


def _vat(line: OrderLine) -> float:
    return round(_net(line) * line.product.vat_percent / 100, 2)


def _money(amount: float) -> Decimal:
    return Decimal(f"{amount:.2f}")


def _top(quantities: Counter[str]) -> str | None:
    if not quantities:
        return None
    return min(quantities, key=lambda name: (-quantities[name], name))
