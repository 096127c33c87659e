"""Lists: every submission on exactly one page, and no page that reads the whole table."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from api.service import Service
from api.submissions.lists import Decided, Order, Status, Wanted, counts, first_id, listing
from api.takehomes.tables import Takehome

MANY = 20_000
FEW = 2_000
"""Rows that a page may touch: some pages of an index, not the table."""

INSERT = """
INSERT INTO candidates (id, name, email, reference, created_at)
SELECT gen_random_uuid(), 'Person' || n, 'p' || n || '@example.com', 'R-' || n, now() FROM generate_series(1, :many) n;
INSERT INTO submissions (id, takehome_id, suite_id, candidate_id, attempt, source, label, file_name, blob, size,
  received_at, state, state_at, progress, tries, interrupted, share, points, max_points, pending, band, decision)
SELECT (lpad(to_hex((extract(epoch from :start - n * interval '1 minute') * 1000)::bigint), 12, '0') || '7' ||
    substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 4, 15))::uuid,
  :takehome, :suite, c.id, 1, 'page', '', 'a.zip', repeat('0', 64), 1, :start - n * interval '1 minute',
  CASE n % 100 WHEN 0 THEN 'failed' WHEN 1 THEN 'queued' ELSE 'graded' END, :start, '{}', 1, 0,
  CASE WHEN n % 100 < 2 THEN NULL ELSE (n % 77) / 77.0 END, 1, 2, CASE WHEN n % 50 = 3 THEN 1 ELSE 0 END,
  'band ' || n % 5, CASE n % 3 WHEN 0 THEN 'hold' END
FROM (SELECT id, row_number() OVER () AS n FROM candidates) c
"""


@pytest.fixture
def crowd(service: Service, flatten: Takehome) -> Service:
    """20,000 submissions of 20,000 candidates."""
    with service.sessions.begin() as session:
        values: dict[str, Any] = {
            "many": MANY, "start": service.now(), "takehome": flatten.id, "suite": flatten.suite_id
        }  # fmt: skip
        for statement in INSERT.split(";\n"):
            needed = {name: value for name, value in values.items() if f":{name}" in statement}
            session.execute(text(statement), needed)
    with service.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    return service


def plans(session: Session, wanted: Wanted, service: Service, **place: str) -> Iterator[dict[str, Any]]:
    """Every node of the plans of the statements that make a page."""
    asked: list[tuple[str, Any]] = []

    def keep(_: object, __: object, statement: str, parameters: Any, *___: object) -> None:
        asked.append((statement, parameters))

    event.listen(service.engine, "before_cursor_execute", keep)
    try:
        listing(session, wanted, **place)
    finally:
        event.remove(service.engine, "before_cursor_execute", keep)
    for statement, parameters in asked:
        explained = session.connection().exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters)
        yield from nodes(explained.scalar_one()[0]["Plan"])


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A node and those below it."""
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def rows_touched(node: dict[str, Any]) -> float:
    """Rows that a node read, those that it threw away included."""
    thrown = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    return float((node["Actual Rows"] + thrown) * node["Actual Loops"])


def pages(now: datetime) -> list[Wanted]:
    """One of each kind."""
    return [
        Wanted(),
        Wanted(takehome="flatten"),
        Wanted(takehome="flatten", order=Order.HIGHEST),
        Wanted(order=Order.LOWEST),
        Wanted(status=Status.NEEDS_PERSON),
        Wanted(status=Status.OUR_FAILURE),
        Wanted(status=Status.UNDER_WAY),
        Wanted(status=Status.GRADED),
        Wanted(band="band 3"),
        Wanted(decision=Decided.HOLD),
        Wanted(decision=Decided.NONE),
        Wanted(until=now - timedelta(days=10)),
        Wanted(since=now - timedelta(days=1)),
        Wanted(search="person777"),
        Wanted(search="r 1234"),
    ]


def test_no_page_reads_the_table(crowd: Service) -> None:
    with crowd.sessions() as session:
        for wanted in pages(crowd.now()):
            first = listing(session, wanted)
            place = {"after": first.following} if first.following else {}
            for node in [*plans(session, wanted, crowd), *plans(session, wanted, crowd, **place)]:
                assert rows_touched(node) < FEW, (wanted, node.get("Relation Name"), node)
                assert node["Node Type"] != "Seq Scan" or rows_touched(node) < 10, (wanted, node.get("Relation Name"), node)


def test_walking_forwards_and_back_shows_each_submission_once(crowd: Service) -> None:
    with crowd.sessions() as session:
        for wanted in [Wanted(order=order, status=Status.GRADED) for order in Order]:
            there = [found := listing(session, wanted, limit=3000)]
            while found.following:
                there.append(found := listing(session, wanted, limit=3000, after=found.following))
            back = [found]
            while found.previous:
                back.append(found := listing(session, wanted, limit=3000, before=found.previous))

            ids = [row.id for page in there for row in page.rows]
            assert len(ids) == len(set(ids)) == MANY * 98 // 100
            assert [row.id for page in reversed(back) for row in page.rows] == ids


def test_counts_stop_where_nobody_cares_any_more(crowd: Service) -> None:
    with crowd.sessions() as session:
        assert counts(session, [Status.NEEDS_PERSON, Status.OUR_FAILURE]) == {
            Status.NEEDS_PERSON: 100,
            Status.OUR_FAILURE: 100,
        }


def test_ages_are_read_off_the_ids(crowd: Service) -> None:
    now = crowd.now()
    with crowd.sessions() as session:
        old = listing(session, Wanted(until=now - timedelta(days=10)))
        fresh = listing(session, Wanted(since=now - timedelta(days=1)), limit=5000)

    assert old.rows
    assert all(row.received_at < now - timedelta(days=10) for row in old.rows)
    assert all(row.received_at >= now - timedelta(days=1) for row in fresh.rows)
    assert len(fresh.rows) == 24 * 60
    assert first_id(now).version is None
