"""Months of the calendar, as pairs of year and month: they sort as they should."""

import calendar
from datetime import date

Month = tuple[int, int]


def month_of(day: date) -> Month:
    return (day.year, day.month)


def first_day(month: Month) -> date:
    return date(*month, 1)


def last_day(month: Month) -> date:
    return date(*month, calendar.monthrange(*month)[1])


def month_before(month: Month) -> Month:
    year, number = month
    return (year, number - 1) if number > 1 else (year - 1, 12)
