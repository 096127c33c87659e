"""Candidates who upload over HTTP and do not give up: what was not answered is sent again with the same key."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final

import httpx2
from sqlalchemy import select

from api.audit.log import Actor
from api.invitations.inviting import Terms, invite
from api.service import Service
from api.takehomes.tables import Takehome
from tests.api.graded import sample_zip

PATIENCE: Final = 240.0


@dataclass(frozen=True)
class Candidate:
    """One invitation, and what will be uploaded for it."""

    invitation: uuid.UUID
    token: str
    sample: str
    key: str


def crowd(service: Service, takehome: str, samples: Sequence[str], count: int) -> list[Candidate]:
    """Invite `count` candidates; the samples go round."""
    made = []
    with service.sessions.begin() as session:
        row = session.scalars(select(Takehome).where(Takehome.name == takehome)).one()
        for number in range(count):
            invitation, token = invite(
                session,
                row,
                f"Candidate {number}",
                f"candidate{number}@example.com",
                replace(Terms(), max_attempts=1),
                Actor("system", "", "tests"),
                service.now(),
            )
            made.append(Candidate(invitation.id, token, samples[number % len(samples)], uuid.uuid4().hex))
    return made


class Uploads:
    """All uploads of a crowd, a few at a time."""

    def __init__(self, address: str, takehome: str, people: Sequence[Candidate], at_once: int = 4) -> None:
        self._address = address
        self._archives = {one.sample: sample_zip(takehome, one.sample) for one in people}
        self._threads = ThreadPoolExecutor(at_once)
        self._lock = threading.Lock()
        self.accepted: list[Candidate] = []
        self.tries = 0
        self._running = [self._threads.submit(self._one, one) for one in people]

    def _one(self, one: Candidate) -> None:
        end = time.monotonic() + PATIENCE
        while True:
            answer = self._sent(one)
            with self._lock:
                self.tries += 1
                if answer is not None and "/submissions/" in answer.headers.get("location", ""):
                    self.accepted.append(one)
                    return
            assert time.monotonic() < end, f"not accepted: {answer}"
            assert answer is None or answer.status_code >= 500, f"refused: {answer.status_code} {answer.text}"
            time.sleep(0.5)

    def _sent(self, one: Candidate) -> httpx2.Response | None:
        """The answer, or None when the connection broke: then nobody knows whether it arrived."""
        page = f"{self._address}/i/{one.token}"
        try:
            started = httpx2.post(f"{page}/start", timeout=30)
            if started.status_code >= 500:
                return started
            return httpx2.post(
                f"{page}/submissions",
                files={"file": ("work.tar.gz", self._archives[one.sample])},
                data={"key": one.key},
                timeout=30,
            )
        except httpx2.TransportError:
            return None

    def finish(self) -> None:
        """Wait until all were accepted."""
        for each in self._running:
            each.result()
        self._threads.shutdown()
