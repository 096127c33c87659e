"""Fetches the repositories that forges and pipelines name: one commit and its history, as an archive for the intake.

No git runs here. We speak git's protocol (version 2) ourselves, over a connection to an address that was checked,
and read what comes back with the bounded readers of `grader.intake`.
"""

from __future__ import annotations

from api.fetching.errors import FetchFailed, Kind
from api.fetching.fetch import Fetch, fetched, fetcher, limits_of
from api.fetching.repository import Credential, FetchLimits, Login, Repository, SshKey

__all__ = [
    "Credential",
    "Fetch",
    "FetchFailed",
    "FetchLimits",
    "Kind",
    "Login",
    "Repository",
    "SshKey",
    "fetched",
    "fetcher",
    "limits_of",
]
