"""Deliveries by the thousand, half of them twice, out of order, some forged: each commit is one submission."""

from __future__ import annotations

import hashlib
import io
import math
import random
import tarfile
from collections import Counter
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from api.fetching import Repository as Wanted
from tests.api.forges.conftest import House, World, world_of
from tests.api.forges.payloads import Delivery, Repository

COMMITS_OF_ONE = 90
"""Of a repository: an invitation has 100 attempts at most."""
SENDERS_AT_ONCE = 8
WORKERS_AT_ONCE = 4
"""More than one connection has in operation: what is taken once must not depend on the lock of its jobs."""


@dataclass(frozen=True)
class Letter:
    """One delivery of the storm."""

    delivery: Delivery
    name: str
    forged: bool = False


def storm(world: World, size: int) -> tuple[list[Letter], set[str]]:
    """`size` deliveries in disorder, and the commits that they tell of."""
    chance = random.Random(20261125)  # noqa: S311 -- the same disorder each time
    forged, twice = size // 20, size // 2
    once = size - forged - twice
    repositories = max(8, math.ceil(once / COMMITS_OF_ONE))
    homes = [Repository(f"take-homes/storm-{number}", 100 + number) for number in range(repositories)]
    for home in homes:
        world.link(home, max_attempts=100)
    letters, commits = [], set()
    for number in range(once):
        commit = hashlib.sha1(str(number).encode(), usedforsecurity=False).hexdigest()
        home = homes[number % repositories]
        make = world.sender.pull if number % 3 == 0 else world.sender.push
        arguments = (home, commit, "main", False) if number % 3 == 0 else (home, commit, "main")
        letters.append(Letter(make(*arguments), f"d{number}"))  # type: ignore[arg-type]
        commits.add(commit)
    for number in range(twice):
        first = letters[number % len(letters)]
        names = (first.name, f"again-{number}")  # sent again by the forge, or caught and sent by somebody
        letters.append(Letter(first.delivery, names[number % 2]))
    for number in range(forged):
        commit = hashlib.sha1(b"forged %d" % number, usedforsecurity=False).hexdigest()
        letters.append(Letter(world.sender.push(homes[0], commit, "main"), f"f{number}", forged=True))
    chance.shuffle(letters)
    return letters, commits


def tarball(source: Wanted, hosts: Collection[str]) -> bytes:
    """The archive of any commit: what is in it says which it is."""
    assert len(hosts) == 1
    content = f"# {source.commit}\ndef flatten(x):\n    return x\n".encode()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        member = tarfile.TarInfo("flatten.py")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


@pytest.fixture
def gitea(house: House, tmp_path: Path) -> Iterator[World]:
    with world_of(house, tmp_path, "gitea") as made:
        yield made


@pytest.mark.timeout(3000)
@pytest.mark.parametrize("size", [300, pytest.param(10_000, marks=pytest.mark.exhaustive)])
def test_a_storm_makes_each_submission_once(gitea: World, size: int) -> None:
    world = gitea
    world.link(Repository("take-homes/nobody-s"))
    letters, commits = storm(world, size)
    rightly = [letter for letter in letters if not letter.forged]

    def send(letter: Letter) -> int:
        secret = "f" * 32 if letter.forged else world.secret
        return int(world.deliver(letter.delivery, name=letter.name, secret=secret).status_code)

    with ThreadPoolExecutor(SENDERS_AT_ONCE) as senders:
        statuses = Counter(senders.map(send, letters))
    world.git = tarball  # type: ignore[assignment]
    while world.fetch(WORKERS_AT_ONCE):
        pass

    assert statuses == {202: len(rightly), 401: len(letters) - len(rightly)}
    rows = world.commits()
    assert sorted(row.commit for row in rows) == sorted(commits)
    submissions = world.submissions()
    made = {row.submission_id for row in rows if row.submission_id is not None}
    assert made == {one.id for one in submissions}
    assert len(submissions) == len(commits)
    assert len(world.log()) == len({letter.name for letter in rightly})
