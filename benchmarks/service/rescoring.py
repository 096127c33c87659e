"""Re-scoring stored submissions with a changed rubric, as an author changes it: tried on all, then applied to all."""

from __future__ import annotations

import re
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from api.audit.log import SYSTEM
from api.database.base import new_id
from api.reviews.changes import apply, propose
from api.reviews.trying import try_change
from api.service import Service
from api.submissions.evidence import stored
from api.submissions.reporting import put_in_force
from api.submissions.states import State
from api.submissions.tables import Grading, Submission
from api.takehomes.publishing import add_rubric
from api.takehomes.tables import RubricVersion, Takehome
from grader.evidence import Evidence

RECORDED = Path(__file__).resolve().parents[2] / "tests" / "api" / "evidence"
SAMPLES = ("poor", "middling", "good", "cheating")


@dataclass(frozen=True)
class Figures:
    """What was measured."""

    submissions: int
    moved: int
    dry_run_seconds: float
    apply_seconds: float


def rescoring(service: Service, count: int) -> Figures:
    """Try a changed rubric on `count` submissions with the recorded evidence of `flatten`, and apply it.

    No submission may be there yet.
    """
    with service.sessions.begin() as session:
        takehome = _filled(service, session, count)
    with service.sessions.begin() as session:
        row = session.get_one(Takehome, takehome)
        before = session.get_one(RubricVersion, row.rubric_id).text
        after = re.sub(r"weight: (\d+)", lambda found: f"weight: {2 * int(found[1])}", before, count=1)
        rubric = add_rubric(session, row, after, SYSTEM, service.now(), note="")
        change = propose(session, service.queue, row, SYSTEM, service.now(), rubric=rubric)
    assert change is not None
    started = time.perf_counter()
    try_change(service, change.id)
    tried = time.perf_counter()
    with service.sessions.begin() as session:
        apply(session, service.queue, change.id, SYSTEM, service.now(), admin=True)
    done = time.perf_counter()
    with service.sessions() as session:
        moved = session.execute(
            text("SELECT count(*) FROM audit_log WHERE action = 'submission.rescored'")
        ).scalar_one()
    return Figures(count, int(moved), tried - started, done - tried)


def _filled(service: Service, session: Session, count: int) -> uuid.UUID:
    """One submission for each recording, and copies of them made by the database. Returns the take-home's id."""
    row = session.scalars(select(Takehome)).one()
    for sample in SAMPLES:
        _one(service, session, row, sample)
    session.flush()
    copies = {"copies": max(0, -(-count // len(SAMPLES)) - 1), "most": count - len(SAMPLES)}
    session.execute(
        text(
            "CREATE TEMP TABLE copies ON COMMIT DROP AS SELECT s.id AS old, gen_random_uuid() AS submission, "
            "gen_random_uuid() AS grading, gen_random_uuid() AS report FROM submissions s, "
            "generate_series(1, :copies) LIMIT :most"
        ),
        copies,
    )
    for table, key, joined in (
        ("submissions", "id", "t.id = c.old"),
        ("gradings", "submission_id", "t.submission_id = c.old"),
    ):
        names = _columns(session, table)
        new = {"id": "c.submission" if table == "submissions" else "c.grading", key: "c.submission"}
        if table == "gradings":
            new["id"] = "c.grading"
        else:
            new["report_id"] = "c.report"
        chosen = ", ".join(new.get(name, f"t.{name}") for name in names)
        into = f"INSERT INTO {table} ({', '.join(names)})"
        session.execute(text(f"{into} SELECT {chosen} FROM copies c JOIN {table} t ON {joined}"))  # noqa: S608
    names = _columns(session, "reports")
    new = {"id": "c.report", "grading_id": "c.grading"}
    chosen = ", ".join(new.get(name, f"t.{name}") for name in names)
    session.execute(
        text(
            f"INSERT INTO reports ({', '.join(names)}) SELECT {chosen} FROM copies c "  # noqa: S608
            "JOIN gradings g ON g.submission_id = c.old JOIN reports t ON t.grading_id = g.id"
        )
    )
    return row.id


def _columns(session: Session, table: str) -> list[str]:
    rows = session.execute(
        text("SELECT column_name FROM information_schema.columns WHERE table_name = :table"), {"table": table}
    )
    return [f'"{name}"' if name == "level" else name for (name,) in rows]


def _one(service: Service, session: Session, takehome: Takehome, sample: str) -> None:
    now = service.now()
    assert takehome.suite_id is not None
    rubric = session.get_one(RubricVersion, takehome.rubric_id)
    evidence = Evidence.model_validate_json(RECORDED.joinpath(f"flatten-{sample}.json").read_bytes())
    submission = Submission(
        id=new_id(),
        takehome_id=takehome.id,
        suite_id=takehome.suite_id,
        source="api",
        label=sample,
        file_name=f"{sample}.tar.gz",
        blob="0" * 64,
        size=1,
        received_at=now,
        state=State.GRADED.value,
        state_at=now,
        progress={},
    )
    session.add(submission)
    session.flush()
    grading = Grading(
        id=new_id(),
        submission_id=submission.id,
        suite_id=takehome.suite_id,
        environment="base:recorded",
        outcome=evidence.outcome.value,
        evidence=stored(evidence),
        started_at=now,
        finished_at=now,
        worker="benchmark",
    )
    session.add(grading)
    session.flush()
    put_in_force(session, submission, grading, rubric, now)


def rescore(service: Service, count: int, console: Console) -> None:
    """Measure, and print the table."""
    figures = rescoring(service, count)
    table = Table(title="flatten: a changed rubric, stored submissions", title_justify="left")
    for column in ("submissions", "moved", "dry run", "each", "apply to all"):
        table.add_column(column, justify="right")
    each = 1000 * figures.dry_run_seconds / figures.submissions
    table.add_row(
        f"{figures.submissions:,}",
        f"{figures.moved:,}",
        f"{figures.dry_run_seconds:.1f} s",
        f"{each:.1f} ms",
        f"{figures.apply_seconds:.1f} s",
    )
    console.print(table)
