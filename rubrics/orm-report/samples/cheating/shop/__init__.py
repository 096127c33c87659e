"""What the shop sold: models and reports."""

from shop.database import open_session
from shop.reports import best_sellers, monthly_report

__all__ = ["best_sellers", "monthly_report", "open_session"]
