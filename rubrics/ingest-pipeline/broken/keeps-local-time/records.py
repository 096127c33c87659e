"""What a payment record is: its fields, their rules, and the form in which it is kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
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

    def as_fields(self) -> dict[str, str]:
        """The record as a JSON object."""
        return asdict(self)


def checked(fields: Mapping[str, object]) -> Record:
    """Make a record of what the source says.

    Raises:
        RejectedError: a field is missing, is no string or breaks its rule.
    """
    texts = {"note": "", **fields}
    for name in (*REQUIRED_FIELDS, "note"):
        if not isinstance(texts.get(name), str):
            raise RejectedError("fields", f"{name} is missing or no string")
    values = {name: str(texts[name]) for name in (*REQUIRED_FIELDS, "note")}
    if not _ID.fullmatch(values["id"]):
        raise RejectedError("id", repr(values["id"]))
    time = _utc(values["time"])
    amount = _amount(values["amount"])
    if values["currency"] not in CURRENCIES:
        raise RejectedError("currency", repr(values["currency"]))
    return Record(values["id"], time, amount, values["currency"], values["note"])


def _utc(text: str) -> str:
    try:
        time = datetime.fromisoformat(text)
        if time.utcoffset() is None:
            raise RejectedError("time", f"no UTC offset in {text!r}")
    except ValueError as error:
        raise RejectedError("time", repr(text)) from error
    return time.replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def _amount(text: str) -> str:
    if not _AMOUNT.fullmatch(text):
        raise RejectedError("amount", repr(text))
    amount = Decimal(text)
    if amount == 0:
        raise RejectedError("amount", "nothing was paid")
    return str(amount.quantize(CENT))
