"""Tests of the reports."""

import sqlite3

from shop import best_sellers, monthly_report, open_session
from shop.models import Base


def test_monthly_report() -> None:
    with open_session(lambda: sqlite3.connect(":memory:")) as session:
        Base.metadata.create_all(session.connection())
        assert monthly_report(session, 2026, 3) is not None


def test_best_sellers() -> None:
    with open_session(lambda: sqlite3.connect(":memory:")) as session:
        Base.metadata.create_all(session.connection())
        assert best_sellers(session, 2026, 3) is not None
