"""The reports that the office reads at the end of a month."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, joinedload, selectinload

from shop.models import Order, OrderLine, Product



def monthly_report(session: Session, year: int, month: int) -> list[dict[str, Any]]:
    """Tell what each customer bought in a month; the largest gross comes first, equal ones by name.

    Three queries: orders with their customers, their lines with the products, their refunds.

    Raises:
        ValueError: there is no such month.
    """
    orders = session.scalars(
        select(Order)
        .where(_counts(year, month))
        .options(
            joinedload(Order.customer),
            selectinload(Order.lines).joinedload(OrderLine.product),
            selectinload(Order.refunds),
        )
    )
    orders_by_customer = defaultdict(list)
    for order in orders:
        orders_by_customer[order.customer.name].append(order)
    rows = [_customer_row(name, bought) for name, bought in orders_by_customer.items()]
    return sorted(rows, key=lambda row: (-row["gross"], row["customer"]))


def _customer_row(customer: str, orders: list[Order]) -> dict[str, Any]:
    lines = [line for order in orders for line in order.lines]
    net = sum(line.price_cents * line.quantity / 100 for line in lines)
    vat = sum(line_vat(line.price_cents * line.quantity / 100, line.product.vat_percent) for line in lines)
    return {
        "customer": customer,
        "orders": len(orders),
        "net": _money(net),
        "vat": _money(vat),
        "gross": _money(net + vat),
        "refunded": _money(sum(refund.cents for order in orders for refund in order.refunds) / 100),
        "top_product": _top_product(lines),
    }


def _top_product(lines: Iterable[OrderLine]) -> str | None:
    quantities: Counter[str] = Counter()
    for line in lines:
        quantities[line.product.name] += line.quantity
    return min(quantities, key=lambda name: (-quantities[name], name), default=None)


@dataclass
class Sold:
    """How often a product was sold, and for how much, VAT included."""

    quantity: int = 0
    gross: float = 0.0


def best_sellers(session: Session, year: int, month: int, limit: int = 10) -> list[dict[str, Any]]:
    """Tell which products were sold most often in a month; equal numbers by name.

    One query. VAT is rounded for each line, so the lines are read and not their sum.

    Raises:
        ValueError: there is no such month, or `limit` is below 1.
    """
    if limit < 1:
        raise ValueError(f"limit must be 1 or more, not {limit}")
    lines = session.execute(
        select(Product.name, Product.vat_percent, OrderLine.quantity, OrderLine.price_cents)
        .join(OrderLine.product)
        .join(OrderLine.order)
        .where(_counts(year, month))
    )
    products: defaultdict[str, Sold] = defaultdict(Sold)
    for name, vat_percent, quantity, price_cents in lines:
        net = price_cents * quantity / 100
        products[name].quantity += quantity
        products[name].gross += net + line_vat(net, vat_percent)
    ranked = sorted(products.items(), key=lambda item: (-item[1].quantity, item[0]))
    return [
        {"product": name, "quantity": sold.quantity, "gross": _money(sold.gross)}
        for name, sold in ranked
        if sold.quantity
    ][:limit]


def _counts(year: int, month: int) -> ColumnElement[bool]:
    """Tell which orders belong to a month of the shop's clock.

    Raises:
        ValueError: there is no such month.
    """
    if not 1 <= month <= 12:
        raise ValueError(f"month must be 1 to 12, not {month}")
    following = (year, month + 1) if month < 12 else (year + 1, 1)
    start, end = _month_start(year, month), _month_start(*following)
    return (Order.status == "paid") & (Order.placed_at >= start) & (Order.placed_at < end)


def _month_start(year: int, month: int) -> datetime:
    """Say when a month begins, in UTC and without a zone, as the database has it."""
    return datetime(year, month, 1)


def line_vat(net: float, vat_percent: int) -> float:
    """Compute the VAT of one line."""
    return round(net * vat_percent / 100 + 1e-9, 2)


def _money(amount: float) -> Decimal:
    return Decimal(f"{amount:.2f}")
