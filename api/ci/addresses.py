"""Which repositories pipelines may name. Pure."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

LONGEST: Final = 500
_ADDRESS = re.compile(
    r"(?P<scheme>https?|ssh)://(?:(?P<user>[a-z0-9_][a-z0-9_.-]*)@)?(?P<host>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>(?:/[a-z0-9_~.-]+)+?)(?P<end>/?)",
    re.IGNORECASE,
)
"""Nothing that two programs could read differently: no password, no query, no %, no doubled slash."""
_PORTS: Final = {"https": "443", "http": "80", "ssh": "22"}
_USER: Final = "git"
"""Of ssh, where the address names none, as every forge has it."""


class BadAddress(Exception):
    """It cannot be fetched. The message is one sentence for people."""


def plain_address(url: str) -> str:
    """`url` in the one form that we compare: https://host/path, or ssh://user@host/path.

    Raises:
        BadAddress: it is no plain address.
    """
    found = _ADDRESS.fullmatch(url) if len(url) <= LONGEST else None
    wrong = BadAddress(
        "must look like https://git.example.com/team/work.git or ssh://git@git.example.com/team/work.git, "
        "without a password, a query or a %"
    )
    if found is None or {".", ".."} & set(found["path"].split("/")):
        raise wrong
    scheme, user = found["scheme"].lower(), found["user"]
    if scheme != "ssh" and user:
        raise wrong
    who = f"{user or _USER}@" if scheme == "ssh" else ""
    port = f":{found['port']}" if found["port"] and found["port"] != _PORTS[scheme] else ""
    plain = f"{scheme}://{who}{found['host'].lower()}{port}{found['path']}"
    if len(plain) > LONGEST:
        raise wrong
    return plain


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
        host_only = re.fullmatch(r"(?:https?|ssh)://[^/]+/", one, re.IGNORECASE) is not None
        plain = plain_address(f"{one}x" if host_only else one)
        beginnings.append(plain.removesuffix("x") if host_only else f"{plain}/")
    return tuple(beginnings)


def hosts_of(setting: str) -> frozenset[str]:
    """The hosts of `allowed_beginnings`, with their ports where these are not the standard ones."""
    return frozenset(urlsplit(one).netloc.rpartition("@")[2] for one in allowed_beginnings(setting))
