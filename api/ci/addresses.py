"""Which repositories pipelines may name. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

LONGEST: Final = 500
_ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>(?:/[a-z0-9_~.-]+)+?)(?P<end>/?)",
    re.IGNORECASE,
)
"""Nothing that two programs could read differently: no user, no query, no %, no doubled slash."""
_PORTS: Final = {"https": "443", "http": "80"}
_COMMIT = re.compile(r"[0-9a-f]{40}")
_REF = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/+-]{0,199}")


class BadAddress(Exception):
    """It cannot be fetched. The message is one sentence for people."""


@dataclass(frozen=True)
class Repository:
    """A state of a repository."""

    url: str
    """With scheme and host in lower case, without a slash at the end."""
    commit: str
    ref: str


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


def repository(
    url: str, commit: str, ref: str, allowed: tuple[str, ...]
) -> tuple[Repository, dict[str, str]]:
    """What was asked for, and what is wrong with it: field → words. It may be fetched if nothing is."""
    errors = {}
    plain = url
    try:
        plain = plain_address(url)
        if not plain.startswith(allowed):
            errors["url"] = (
                "is not on the list of repositories that may be fetched: an operator sets "
                "GRADER_CI__REPOSITORIES"
            )
    except BadAddress as wrong:
        errors["url"] = str(wrong)
    commit = commit.lower()
    if not _COMMIT.fullmatch(commit):
        errors["commit"] = "must be a whole commit id: 40 hexadecimal digits"
    if ref and (not _REF.fullmatch(ref) or ".." in ref or ref.endswith((".lock", "/", "."))):
        errors["ref"] = "must be the name of a branch or tag"
    return Repository(plain, commit, ref), errors
