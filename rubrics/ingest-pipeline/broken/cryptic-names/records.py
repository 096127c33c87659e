"""What a payment record is: its fields, their rules, and the form in which it is kept."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from decimal import Decimal

CURRENCIES = frozenset({"EUR", "GBP", "USD"})
REQUIRED_FIELDS = ("id", "time", "amount", "currency")
CENT = Decimal("0.01")
_ID = re.compile(r"[A-Za-z0-9_-]{1,40}")
_AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,2})?")


class RejectedError(ValueError):
    """A record that cannot be accepted; `reason` is one of the words of the brief."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason


@dataclass(frozen=True)
class Record:
    """One payment, in the form in which it is kept."""

    id: str
    time: str
    amount: str
    currency: str
    note: str

    def as_fields(self):
        return asdict(self)


def do_it(data):
    tmp = {"note": "", **data}
    for name in (*REQUIRED_FIELDS, "note"):
        if not isinstance(tmp.get(name), str):
            raise RejectedError("fields", f"{name} is missing or no string")
    data2 = {name: str(tmp[name]) for name in (*REQUIRED_FIELDS, "note")}
    if not _ID.fullmatch(data2["id"]):
        raise RejectedError("id", repr(data2["id"]))
    data3 = _utc(data2["time"])
    data4 = _amount(data2["amount"])
    if data2["currency"] not in CURRENCIES:
        raise RejectedError("currency", repr(data2["currency"]))
    return Record(data2["id"], data3, data4, data2["currency"], data2["note"])


def _utc(d1):
    try:
        d2 = datetime.fromisoformat(d1)
        if d2.utcoffset() is None:
            raise RejectedError("time", f"no UTC offset in {d1!r}")
        moment = d2.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise RejectedError("time", repr(d1)) from error
    return moment.replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def _amount(d1):
    if not _AMOUNT.fullmatch(d1):
        raise RejectedError("amount", repr(d1))
    amount = Decimal(d1)
    if amount == 0:
        raise RejectedError("amount", "nothing was paid")
    return str(amount.quantize(CENT))
