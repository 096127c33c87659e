"""Fetches one commit of one repository."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from api.fetching.archive import archived, indexed
from api.fetching.conversation import Wire, check_greeting, commit_at, pack_of
from api.fetching.errors import FetchFailed
from api.fetching.over_http import HttpWire, too_slow
from api.fetching.repository import FetchLimits, Login, Repository, SshKey, place_of
from api.hooks.outside import Outside
from api.settings import Settings


def limits_of(settings: Settings) -> FetchLimits:
    """The limits that the operator has set: what is fetched is an upload like any other."""
    return FetchLimits(bytes=settings.bounds.upload_bytes, seconds=settings.fetch.seconds)


Fetch: TypeAlias = Callable[[Repository, Collection[str]], bytes]
"""`fetched`, with limits and connection chosen: a repository, and the hosts that may be connected to for it."""


def fetcher(settings: Settings) -> Fetch:
    """What fetches as the operator has set it."""
    limits, outside = limits_of(settings), Outside(settings.outside)
    return lambda repository, hosts: fetched(repository, limits, outside, hosts)


def fetched(repository: Repository, limits: FetchLimits, outside: Outside, hosts: Collection[str]) -> bytes:
    """An uncompressed tar archive of the commit and of its history, for `grader.intake`.

    Where the history makes it too large, the archive holds the files alone, and the intake says that it could not read
    the history. Nothing is written anywhere; calling it again asks again. Takes at most `limits.seconds`, and memory of
    a few times `limits.bytes`.

    `hosts`: what may be connected to, as `host` (with the standard port) or `host:port`.

    Raises:
        FetchFailed: with the kind of the failure, and whether another try may succeed.
    """
    ends = time.monotonic() + limits.seconds
    with _wire(repository, outside, hosts, ends) as wire:
        check_greeting(wire.greeting())
        commit = repository.commit or commit_at(wire, repository.ref)
        tick = _until(ends)
        try:
            objects = indexed(pack_of(wire, commit, limits.depth, limits.bytes), limits, tick)
            is_whole = True
        except FetchFailed as failure:
            if failure.kind != "too_large":
                raise
            objects = indexed(pack_of(wire, commit, 1, limits.bytes), limits, tick)
            is_whole = False
    return archived(commit, objects, limits, tick, with_history=is_whole)


def _until(ends: float) -> Callable[[], None]:
    def tick() -> None:
        if time.monotonic() > ends:
            raise too_slow()

    return tick


@contextmanager
def _wire(repository: Repository, outside: Outside, hosts: Collection[str], ends: float) -> Iterator[Wire]:
    place = place_of(repository, outside, hosts)
    credential = repository.credential
    if isinstance(credential, SshKey):
        # Half a second of imports that a service without ssh keys does not need.
        from api.fetching.over_ssh import SshWire

        with SshWire(outside, place, credential, ends) as wire:
            yield wire
    else:
        assert credential is None or isinstance(credential, Login)
        yield HttpWire(outside, repository.url, credential, ends)
