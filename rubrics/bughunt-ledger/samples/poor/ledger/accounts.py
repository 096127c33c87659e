"""Names of accounts: words joined by colons, from the general to the particular (assets:bank:giro)."""

import re

_NAME = re.compile(r"[a-z][a-z0-9-]*(:[a-z][a-z0-9-]*)*")


class BadAccount(ValueError):
    """This is no name of an account."""


def check_account(name: str) -> str:
    """Return `name` when it is one of an account.

    Raises:
        BadAccount: it is not.
    """
    if not _NAME.fullmatch(name):
        raise BadAccount(f"not the name of an account: {name!r}")
    return name


def is_within(name: str, account: str) -> bool:
    """Tell whether the account `name` is `account` itself or one of its sub-accounts."""
    return name == account or name.startswith(f"{account}:")
