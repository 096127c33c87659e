"""Which state of which repository a pipeline asks for. Pure."""

from __future__ import annotations

import re

from api.ci.addresses import BadAddress, plain_address
from api.fetching import Repository

_COMMIT = re.compile(r"[0-9a-f]{40}")
_REF = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/+-]{0,199}")


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
    return Repository(plain, commit, ref or None), errors
