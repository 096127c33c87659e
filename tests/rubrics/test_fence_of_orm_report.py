"""SQL of the candidate is run by our SQLite in `orm-report`: what a statement can do there, and what it cannot.

See grader/decisions/counting-queries.md.
"""

from __future__ import annotations

import importlib.util
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from grader.takehome import find, shelf

HOSTILE = {
    "a file is attached": "ATTACH '{path}' AS forged",
    "a file is written": "VACUUM INTO '{path}'",
    "a table is made": "CREATE TABLE forged (x)",
    "a temporary table is made": "CREATE TEMP TABLE forged (x)",
    "a virtual table is made": "CREATE VIRTUAL TABLE forged USING fts5(x)",
    "rows are changed": "UPDATE orders SET status = 'cancelled'",
    "rows are deleted": "DELETE FROM orders",
    "rows are added": "INSERT INTO customers (name) VALUES ('Eve')",
    "a setting is read": "PRAGMA compile_options",
    "a setting is changed": "PRAGMA writable_schema = 1",
    "a setting is read as a table": "SELECT * FROM pragma_database_list",
    "a transaction is begun": "BEGIN EXCLUSIVE",
    "it runs for ever": "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n",
    "a library is loaded": "SELECT load_extension('{path}')",
    "memory is asked for": "SELECT zeroblob(900000000)",
    "a text is blown up": "SELECT printf('%900000000d', 1)",
    "a pointer is asked for": "SELECT fts3_tokenizer('simple')",
    "a parser of another language is reached": "SELECT json_extract('[1]', '$[0]')",
    "a table of numbers is reached": "SELECT value FROM generate_series(1, 1000000000)",
    "the statement is nested deeply": "SELECT " + "(" * 5_000 + "1" + ")" * 5_000,
    "the statement is long": "SELECT 1" + " + 1" * 50_000,
    "two statements in one": "SELECT 1; DELETE FROM orders",
}
CROSSED = "SELECT count(*) FROM " + ", ".join(f"orders AS o{number}" for number in range(12))  # noqa: S608 -- no input
SWOLLEN = f"SELECT replace('{'a' * 90}', 'a', '{'b' * 900}') FROM orders, orders AS others"  # noqa: S608 -- no input


@pytest.fixture(scope="module")
def fence() -> Any:
    """The module of the take-home that holds the database."""
    path = find("orm-report", shelf()).folder / "hidden_tests" / "conftest.py"
    spec = importlib.util.spec_from_file_location("fence_of_orm_report", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Session:
    """Stands for a session of the candidate's: the connection, without SQLAlchemy in between."""

    def __init__(self, connect: Any) -> None:
        self.cursor = connect().cursor()

    def close(self) -> None:
        """Nothing is held."""


@pytest.fixture
def database(fence: Any) -> Any:
    made = fence.Database(Session)
    for number in range(40):
        made.order(f"customer {number}", lines=[("tea", 7, 1, 100)])
    return made


def test_plain_questions_are_answered(database: Any) -> None:
    """Else the fence would be tight and the take-home unfair."""
    with database.session() as session:
        rows = session.cursor.execute(
            "SELECT c.name, sum(l.quantity * l.price_cents) FROM orders o JOIN customers c ON c.id = o.customer_id "
            "JOIN order_lines l ON l.order_id = o.id WHERE o.placed_at >= ? GROUP BY c.id ORDER BY c.id LIMIT 2",
            ("2026-01-01",),
        ).fetchall()
    assert rows == [("customer 0", 100), ("customer 1", 100)]


@pytest.mark.parametrize("statement", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_statement_is_refused(database: Any, statement: str, tmp_path: Path) -> None:
    """With SQLite's own words, as an error that the candidate's code sees; nothing is changed and nothing written."""
    with database.session() as session, pytest.raises((sqlite3.Error, sqlite3.Warning)):
        session.cursor.execute(statement.format(path=tmp_path / "forged"))
    with database.session() as session:
        kept = session.cursor.execute("SELECT count(*) FROM orders WHERE status = 'paid'").fetchone()
    assert kept == (40,)
    assert list(tmp_path.iterdir()) == []


def test_a_statement_that_multiplies_rows_is_interrupted(database: Any) -> None:
    """Forty rows to the power of twelve: SQLite's steps are counted."""
    with database.session() as session, pytest.raises(sqlite3.OperationalError, match="interrupted"):
        session.cursor.execute(CROSSED)


def test_an_answer_that_fills_the_memory_is_cut_off(database: Any) -> None:
    """Short statements, large answers."""
    with database.session() as session, pytest.raises(sqlite3.DataError, match="too much data"):
        session.cursor.execute(SWOLLEN)


def test_what_is_refused_is_counted(database: Any) -> None:
    """A statement that fails was sent all the same."""
    with database.session() as session:
        for _ in range(3):
            with pytest.raises(sqlite3.Error):
                session.cursor.execute("DELETE FROM orders")
    assert len(database._statements) == 3
