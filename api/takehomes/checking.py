"""The publish check as a job: tried in the sandbox, its findings stored, and what follows from them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import structlog

from api.audit.log import SYSTEM, record
from api.blobs import BlobMissing, BlobsUnavailable
from api.service import Service
from api.submissions.grading import TRIES, TryAgain
from api.takehomes.publishing import offer
from api.takehomes.shelf import Shelf
from api.takehomes.tables import Check, RubricVersion, SuiteVersion, Takehome
from grader.publish import Remark, effort
from grader.takehome import Takehome as Loaded

log = structlog.get_logger()

DONE: Final = "done: "
"""What a step's text begins with when it completes one run of the check (`grader.publish.check`)."""
UNDER_WAY: Final = frozenset({Check.WAITING.value, Check.RUNNING.value})


class CheckFailedOnOurSide(Exception):
    """Something could not be graded for a reason of ours, so nothing is known about the take-home."""


class Checker(Protocol):
    """Tries take-homes out (in Docker)."""

    def remarks(self, takehome: Loaded, rubric: str, progress: Callable[[str], None]) -> Sequence[Remark]:
        """What was found, scored with the text of a rubric.

        Raises:
            CheckFailedOnOurSide, SandboxError: our side could not do it.
        """
        ...


def check_suite(
    service: Service, shelf: Shelf, checker: Checker, suite_id: uuid.UUID, rubric_id: uuid.UUID, worker: str
) -> None:
    """Do the job of one publish check.

    Raises:
        TryAgain: we failed, and there are tries left.
    """
    claim = _claim(service, shelf, suite_id, rubric_id)
    if claim is None:
        return
    suite, rubric, total = claim
    note = _Progress(service, suite_id, total)
    try:
        remarks = checker.remarks(shelf.takehome(suite), rubric.text, note)
    except Exception as error:
        log.exception("publish check broke", suite=str(suite_id))
        _our_failure(service, suite_id, f"{type(error).__name__}: {error}")
        return
    _store(service, suite_id, rubric_id, remarks, worker)


def _claim(
    service: Service, shelf: Shelf, suite_id: uuid.UUID, rubric_id: uuid.UUID
) -> tuple[SuiteVersion, RubricVersion, int] | None:
    with service.sessions.begin() as session:
        suite = session.get(SuiteVersion, suite_id, with_for_update=True)
        rubric = session.get(RubricVersion, rubric_id)
        if suite is None or rubric is None or suite.check not in UNDER_WAY:
            return None  # waived or done meanwhile
        tries = int(str((suite.check_result or {}).get("tries", 0))) + 1
        try:
            total = effort(shelf.takehome(suite))
        except (BlobMissing, BlobsUnavailable):
            total = 0  # met again below, where it is told
        suite.check = Check.RUNNING.value
        suite.check_result = {"rubric": str(rubric_id), "tries": tries, "done": 0, "of": total}
        return suite, rubric, total


class _Progress:
    """Writes how far the check has come."""

    def __init__(self, service: Service, suite_id: uuid.UUID, total: int) -> None:
        self._service, self._suite_id, self._total = service, suite_id, total

    def __call__(self, step: str) -> None:
        """Note `step`. Called from several threads."""
        with self._service.sessions.begin() as session:
            suite = session.get(SuiteVersion, self._suite_id, with_for_update=True)
            if suite is None or suite.check != Check.RUNNING:
                return
            known: dict[str, Any] = dict(suite.check_result or {})
            if step.startswith(DONE):
                known["done"] = min(int(known.get("done", 0)) + 1, self._total)
            known["step"] = step.removeprefix(DONE)[:200]
            suite.check_result = known


def _store(
    service: Service, suite_id: uuid.UUID, rubric_id: uuid.UUID, remarks: Sequence[Remark], worker: str
) -> None:
    """Result, state and what follows, in one transaction."""
    fine = all(remark.fine for remark in remarks)
    now = service.now()
    with service.sessions.begin() as session:
        suite = session.get_one(SuiteVersion, suite_id)
        takehome = session.get_one(Takehome, suite.takehome_id, with_for_update=True)
        session.refresh(suite, with_for_update=True)
        suite.check_result = {
            "rubric": str(rubric_id),
            "remarks": [{"fine": remark.fine, "text": remark.text} for remark in remarks],
            "finished_at": now.isoformat(),
            "worker": worker[:200],
        }
        if suite.check not in UNDER_WAY:
            return  # waived meanwhile: the findings are kept, and decide nothing any more
        suite.check = (Check.PASSED if fine else Check.FAILED).value
        subject = ("takehome", takehome.id)
        record(session, SYSTEM, f"suite.check_{suite.check}", subject, now, number=suite.number)
        session.flush()
        if fine:
            rubric = session.get_one(RubricVersion, rubric_id)
            offer(session, service.queue, takehome, suite, rubric, SYSTEM, now)


def _our_failure(service: Service, suite_id: uuid.UUID, reason: str) -> None:
    """Note that we failed: nothing is known about the take-home, and the version goes on waiting.

    Raises:
        TryAgain: there are tries left.
    """
    with service.sessions.begin() as session:
        suite = session.get_one(SuiteVersion, suite_id, with_for_update=True)
        if suite.check not in UNDER_WAY:
            return
        known: dict[str, Any] = dict(suite.check_result or {})
        tries = int(known.get("tries", 1))
        suite.check = Check.WAITING.value
        suite.check_result = {
            "rubric": known.get("rubric"),
            "tries": tries,
            "our_failure": reason[:2000],
            "gave_up": tries >= TRIES,
        }
        subject = ("takehome", suite.takehome_id)
        record(session, SYSTEM, "suite.check_our_failure", subject, service.now(), reason=reason[:2000])
    if tries < TRIES:
        raise TryAgain(reason, min(15 * 2**tries, 3600))
