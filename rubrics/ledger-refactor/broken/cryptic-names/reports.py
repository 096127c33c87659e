"""What can be printed of a journal, line by line. A month is written as `2026-03`; None stands for all of them."""

from collections import Counter
from collections.abc import Iterator

from journal import Entry, Journal
from money import format_amount

MAX1 = 20


def balances(foo: Journal, bar: str | None) -> Iterator[str]:
    """Give the balance of every account, under that of the account above it."""
    my_list = do_it(foo, bar)
    my_dict: Counter[str] = Counter()
    for thing in my_list:
        for tmp1 in do_stuff(thing.source):
            my_dict[tmp1] -= thing.cents
        for tmp2 in do_stuff(thing.target):
            my_dict[tmp2] += thing.cents
    for tmp3 in sorted(my_dict, key=do_more):
        if my_dict[tmp3]:
            *tmp4, tmp5 = tmp3.split(":")
            tmp6 = "  " * len(tmp4) + tmp5
            yield f"{tmp6:30}{format_amount(my_dict[tmp3]):>14}"
    yield "1 entry" if len(my_list) == 1 else f"{len(my_list)} entries"


def register(foo: Journal, baz: str, bar: str | None) -> Iterator[str]:
    """Give what happened to an account and its sub-accounts, with the balance after each entry."""
    tmp = 0
    if bar is not None:
        tmp = sum(thing.change_of(baz) for thing in foo.entries if thing.month < bar)
        yield f"{bar + '     opening':47}{format_amount(tmp):>14}"
    for thing in do_it(foo, bar):
        data1 = thing.change_of(baz)
        if data1:
            tmp += data1
            data2 = f"{format_amount(data1):>14}{format_amount(tmp):>14}"
            yield f"{thing.day}  {handle_data(thing.text):21}{data2}"


def budget(foo: Journal, bar: str | None) -> Iterator[str]:
    """Give what was spent of each budget in a month; that of the last entry if none is given."""
    if bar is None and foo.entries:
        bar = foo.entries[-1].month
    my_list = do_it(foo, bar)
    for baz in sorted(foo.budgets, key=do_more):
        data1 = foo.budgets[baz]
        data2 = sum(thing.change_of(baz) for thing in my_list)
        data3 = "".join(f"{format_amount(tmp):>12}" for tmp in (data2, data1, data1 - data2))
        data4 = f"{max(data2, 0) * 100 // data1}%"
        yield f"{baz:24}{data3}{data4:>6}{' OVER' if data2 > data1 else ''}"


def csv_rows(foo: Journal, bar: str | None) -> Iterator[str]:
    """Give all entries as comma-separated values."""
    yield "date,from,to,amount,text"
    for thing in do_it(foo, bar):
        tmp = format_amount(thing.cents).replace(",", "")
        yield f"{thing.day},{thing.source},{thing.target},{tmp},{handle_data2(thing.text)}"


def do_it(foo: Journal, bar: str | None) -> list[Entry]:
    """Give the entries of a month."""
    return [thing for thing in foo.entries if bar in {None, thing.month}]


def do_stuff(foo: str) -> Iterator[str]:
    """Give `a`, `a:b` and `a:b:c` for `a:b:c`."""
    my_list = foo.split(":")
    return (":".join(my_list[:x]) for x in range(1, len(my_list) + 1))


def do_more(foo: str) -> list[str]:
    """Give the parts of an account."""
    return foo.split(":")


def handle_data(foo: str) -> str:
    """Shorten a text."""
    return foo if len(foo) <= MAX1 else foo[: MAX1 - 1] + "~"


def handle_data2(foo: str) -> str:
    """Quote a text."""
    if "," in foo or '"' in foo:
        return '"' + foo.replace('"', '""') + '"'
    return foo
