"""Reports."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from shop.models import Order, OrderLine


def do_stuff(data1, data2, data3):
    if not 1 <= data3 <= 12:
        raise ValueError(f"month must be 1 to 12, not {data3}")
    tmp1 = datetime(data2, data3, 1, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC).replace(tzinfo=None)
    tmp2 = (data2, data3 + 1) if data3 < 12 else (data2 + 1, 1)
    tmp3 = datetime(*tmp2, 1, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC).replace(tzinfo=None)
    my_list = select(Order).where(Order.status == "paid", Order.placed_at >= tmp1, Order.placed_at < tmp3)
    my_list = my_list.options(
        joinedload(Order.customer),
        selectinload(Order.lines).joinedload(OrderLine.product),
        selectinload(Order.refunds),
    )
    return data1.scalars(my_list).all()


def monthly_report(session, year, month):
    my_dict = {}
    for foo in do_stuff(session, year, month):
        bar = my_dict.setdefault(foo.customer.name, [0, 0, 0, 0, {}])
        bar[0] += 1
        for baz in foo.lines:
            tmp = baz.price_cents * baz.quantity
            bar[1] += tmp
            bar[2] += (tmp * baz.product.vat_percent + 50) // 100
            bar[4][baz.product.name] = bar[4].get(baz.product.name, 0) + baz.quantity
        for baz in foo.refunds:
            bar[3] += baz.cents
    my_list = []
    for foo, bar in my_dict.items():
        my_list.append(
            {
                "customer": foo,
                "orders": bar[0],
                "net": Decimal(bar[1]).scaleb(-2),
                "vat": Decimal(bar[2]).scaleb(-2),
                "gross": Decimal(bar[1] + bar[2]).scaleb(-2),
                "refunded": Decimal(bar[3]).scaleb(-2),
                "top_product": min(bar[4], key=lambda o: (-bar[4][o], o), default=None),
            }
        )
    return sorted(my_list, key=lambda o: (-o["gross"], o["customer"]))


def best_sellers(session, year, month, limit=10):
    if limit < 1:
        raise ValueError(f"limit must be 1 or more, not {limit}")
    my_dict = {}
    for foo in do_stuff(session, year, month):
        for baz in foo.lines:
            bar = my_dict.setdefault(baz.product.name, [0, 0])
            tmp = baz.price_cents * baz.quantity
            bar[0] += baz.quantity
            bar[1] += tmp + (tmp * baz.product.vat_percent + 50) // 100
    my_list = []
    for foo, bar in my_dict.items():
        if bar[0]:
            my_list.append({"product": foo, "quantity": bar[0], "gross": Decimal(bar[1]).scaleb(-2)})
    return sorted(my_list, key=lambda o: (-o["quantity"], o["product"]))[:limit]
