"""The database of the tests. It lives on this side: the candidate's code reaches it through a connection that counts."""

import sqlite3
from contextlib import contextmanager

import pytest

SCHEMA = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name VARCHAR NOT NULL UNIQUE);
CREATE TABLE products (id INTEGER PRIMARY KEY, name VARCHAR NOT NULL UNIQUE, vat_percent INTEGER NOT NULL);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id),
    placed_at DATETIME NOT NULL, status VARCHAR NOT NULL
);
CREATE TABLE order_lines (
    id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders (id),
    product_id INTEGER NOT NULL REFERENCES products (id), quantity INTEGER NOT NULL, price_cents INTEGER NOT NULL
);
CREATE TABLE refunds (id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders (id), cents INTEGER NOT NULL);
"""
FUNCTIONS = frozenset(
    "abs avg cast ceil coalesce count date datetime dense_rank first_value floor group_concat ifnull iif instr "
    "julianday lag last_value lead length like lower ltrim max min mod nullif rank replace round row_number rtrim "
    "sign strftime substr substring sum time total trim typeof unixepoch upper".split()
)
READING = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ})
LONGEST_STATEMENT = 100_000
LONGEST_VALUE = 100_000
MOST_TAKEN = 20_000_000
"""Of rows and of characters in them, for one database: what is answered lies in the memory of this process."""
MOST_STEPS = 20_000_000
"""Of SQLite's machine, for one database. The reference needs some ten thousand."""
STEPS_AT_A_TIME = 10_000


def pytest_configure(config):
    config.addinivalue_line("markers", "criterion(id): the criterion of rubric.yaml that this test decides")


def only_reading(action, first, second, *_):
    """Let a statement read the tables with plain functions, and nothing else: no files, no pragmas, no recursion."""
    is_function = action == sqlite3.SQLITE_FUNCTION and second.lower() in FUNCTIONS
    return sqlite3.SQLITE_OK if action in READING or is_function else sqlite3.SQLITE_DENY


class Cursor:
    """What the candidate's driver needs of a cursor. Every statement and every row is counted."""

    lastrowid = None
    rowcount = -1
    arraysize = 1

    def __init__(self, database):
        self._database = database
        self._rows = []
        self.description = None

    def execute(self, statement, parameters=()):
        if statement == "PRAGMA read_uncommitted":  # SQLAlchemy asks this of every new connection
            self._rows, self.description = [(0,)], [("read_uncommitted", *[None] * 6)]
            return self
        self._rows, self.description = self._database._answer(statement, tuple(parameters))
        return self

    def fetchone(self):
        return self._rows.pop(0) if self._rows else None

    def fetchmany(self, size=1):
        taken, self._rows = self._rows[:size], self._rows[size:]
        return taken

    def fetchall(self):
        taken, self._rows = self._rows, []
        return taken

    def close(self):
        self._rows = []


class Connection:
    """What the candidate's driver needs of a connection."""

    isolation_level = ""
    total_changes = 0
    in_transaction = False

    def __init__(self, database):
        self._database = database

    def cursor(self, *_):
        return Cursor(self._database)

    def create_function(self, *_, **__):
        """SQLAlchemy brings a function for regular expressions; no code of the candidate's is called from SQL."""

    def commit(self):
        """Nothing was written."""

    def rollback(self):
        """Nothing was written."""

    def close(self):
        """The next test has a database of its own."""


class Database:
    """A shop's database: filled by tests, read by the candidate's code."""

    def __init__(self, open_session):
        self._open_session = open_session
        self._sqlite = sqlite3.connect(":memory:", check_same_thread=False)
        self._sqlite.executescript(SCHEMA)
        self._sqlite.setlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH, LONGEST_STATEMENT)
        self._sqlite.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE)
        self._sqlite.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        self._steps = 0
        self._taken = 0
        self._statements = []
        self._rows_read = 0

    def add(self, table, **values):
        """Insert a row; gives its id."""
        marks = ", ".join("?" * len(values))
        statement = f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})"
        return self._sqlite.execute(statement, tuple(values.values())).lastrowid

    def named(self, table, name, **values):
        """Give the id of the row with that name; it is inserted where it is missing."""
        found = self._sqlite.execute(f"SELECT id FROM {table} WHERE name = ?", (name,)).fetchone()
        return found[0] if found else self.add(table, name=name, **values)

    def order(self, customer="Ada", placed_at="2026-03-10 12:00:00", *, lines=(), status="paid", refunds=()):
        """Insert an order with lines of (product, VAT in percent, quantity, price in cents)."""
        customer_id = self.named("customers", customer)
        order_id = self.add(
            "orders", customer_id=customer_id, placed_at=f"{placed_at}.000000", status=status
        )
        for name, vat_percent, quantity, price_cents in lines:
            product_id = self.named("products", name, vat_percent=vat_percent)
            self.add(
                "order_lines", order_id=order_id, product_id=product_id, quantity=quantity, price_cents=price_cents
            )
        for cents in refunds:
            self.add("refunds", order_id=order_id, cents=cents)

    @contextmanager
    def session(self):
        """Open a session of the candidate's, with a connection that may only read."""
        self._sqlite.set_authorizer(only_reading)
        self._sqlite.set_progress_handler(self._is_too_much, STEPS_AT_A_TIME)
        self._statements, self._rows_read = [], 0
        session = self._open_session(lambda: Connection(self))
        try:
            yield session
        finally:
            session.close()
            self._sqlite.set_authorizer(None)
            self._sqlite.set_progress_handler(None, 0)

    def ask(self, report, *arguments):
        """Run a report in a session of its own."""
        with self.session() as session:
            return report(session, *arguments)

    def cost(self, report, *arguments):
        """Run a report; gives how many statements it sent and how many rows it read."""
        self.ask(report, *arguments)
        return len(self._statements), self._rows_read

    def _is_too_much(self):
        self._steps += STEPS_AT_A_TIME
        return self._steps > MOST_STEPS

    def _answer(self, statement, parameters):
        self._statements.append(statement)
        cursor = self._sqlite.execute(statement, parameters)
        rows = []
        for row in cursor:
            self._taken += 1 + sum(len(value) for value in row if isinstance(value, (str, bytes)))
            if self._taken > MOST_TAKEN:
                raise sqlite3.DataError("the statements of this test were answered with too much data")
            rows.append(row)
        self._rows_read += len(rows)
        return rows, cursor.description


@pytest.fixture
def database():
    from shop import open_session  # not above: a conftest is loaded before the submission can be found

    return Database(open_session)
