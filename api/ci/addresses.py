"""Which repositories pipelines may name. Pure."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

LONGEST: Final = 500
_ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>(?:/[a-z0-9_~.-]+)+?)(?P<end>/?)",
    re.IGNORECASE,
)
"""Nothing that two programs could read differently: no user, no query, no %, no doubled slash."""
_PORTS: Final = {"https": "443", "http": "80"}


class BadAddress(Exception):
    """It cannot be fetched. The message is one sentence for people."""


def plain_address(url: str) -> str:
    """`url` in the one form that we compare: https://host/path.

    Raises:
        BadAddress: it is no plain address.
    """
    found = _ADDRESS.fullmatch(url) if len(url) <= LONGEST else None
    if found is None or {".", ".."} & set(found["path"].split("/")):
        raise BadAddress(
            "must look like https://git.example.com/team/work.git, without a user, a password, a query or a %"
        )
    scheme = found["scheme"].lower()
    port = f":{found['port']}" if found["port"] and found["port"] != _PORTS[scheme] else ""
    return f"{scheme}://{found['host'].lower()}{port}{found['path']}"


def allowed_beginnings(setting: str) -> tuple[str, ...]:
    """What addresses may begin with, from a setting: separated by commas, each ending with a slash.

    Raises:
        BadAddress: one of them is no such beginning.
    """
    beginnings = []
    for one in filter(None, (part.strip() for part in setting.split(","))):
        if not one.endswith("/"):
            raise BadAddress(
                f"{one} must end with a slash: otherwise it would allow other names that begin so"
            )
        host_only = re.fullmatch(r"https?://[^/]+/", one) is not None
        plain = plain_address(f"{one}x" if host_only else one)
        beginnings.append(plain.removesuffix("x") if host_only else f"{plain}/")
    return tuple(beginnings)


def hosts_of(setting: str) -> frozenset[str]:
    """The hosts of `allowed_beginnings`, with their ports where these are not the standard ones."""
    return frozenset(urlsplit(one).netloc for one in allowed_beginnings(setting))
