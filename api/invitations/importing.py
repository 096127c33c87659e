"""Invitations from a CSV file or a workbook: every line is checked before any is made, and all are made or none."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy.orm import Session

from api.audit.log import Actor
from api.invitations.inviting import Terms, checked, invite
from api.invitations.lists import still_invited
from api.invitations.sheets import MAGIC, csv_of_workbook
from api.invitations.tables import Invitation
from api.problems import Invalid, Problem
from api.takehomes.tables import Feedback, Takehome

COLUMNS: Final = (
    *("name", "email", "reference", "level", "window_minutes", "opens_at", "closes_at", "time_zone"),
    *("extra_minutes", "extra_reason", "max_attempts", "feedback"),
)
NEEDED: Final = ("name", "email")
MOST_LINES: Final = 500
MOST_BYTES: Final = 512 * 1024


@dataclass
class Line:
    """A line of the file, and what is wrong with it."""

    number: int
    fields: dict[str, str]
    terms: Terms = field(default_factory=Terms)
    problems: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Of the candidate."""
        return self.fields.get("name", "")

    @property
    def email(self) -> str:
        """Of the candidate."""
        return self.fields.get("email", "")


def as_csv(data: bytes) -> bytes:
    """A file as CSV: as it is, or the first sheet of a workbook.

    Raises:
        Invalid: it is too large, or a workbook that cannot be read.
    """
    if len(data) > MOST_BYTES:
        raise Invalid(f"The file is larger than {MOST_BYTES // 1024} KiB. Split it.")
    return csv_of_workbook(data, MOST_LINES + 1) if data.startswith(MAGIC) else data


def read(data: bytes) -> list[Line]:
    """The lines of a file, separated by commas or semicolons, the first line naming the columns.

    Raises:
        Invalid: it cannot be read as a whole: no UTF-8, no or unknown columns, too many lines.
    """
    if len(data) > MOST_BYTES:
        raise Invalid(f"The file is larger than {MOST_BYTES // 1024} KiB. Split it.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid("The file is not UTF-8. Save it as “CSV UTF-8”.") from error
    if "\0" in text:
        raise Invalid("The file is no text.")
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise Invalid(f"The file is no CSV: {error}.") from error
    columns = [name.strip().lower() for name in rows[0]] if rows else []
    unknown = [name for name in columns if name not in COLUMNS]
    missing = [name for name in NEEDED if name not in columns]
    if unknown or missing or len(columns) != len(set(columns)):
        wrong = (
            f"does not know {', '.join(map(repr, unknown))}" if unknown else "needs name and email, each once"
        )
        raise Invalid(f"The first line must name the columns; it {wrong}. Known are: {', '.join(COLUMNS)}.")
    lines = []
    for number, row in enumerate(rows[1:], start=2):
        if any(cell.strip() for cell in row):
            line = Line(number, dict(zip(columns, (cell.strip() for cell in row), strict=False)))
            if len(row) != len(columns):
                line.problems.append(f"has {len(row)} fields instead of {len(columns)}")
            lines.append(line)
    if not 1 <= len(lines) <= MOST_LINES:
        raise Invalid(f"The file holds {len(lines)} candidates; 1 to {MOST_LINES} can be invited at once.")
    return lines


def check(session: Session, takehome: Takehome, lines: list[Line], now: datetime) -> bool:
    """Note in each line what is wrong with it. True: all can be invited."""
    seen: dict[str, int] = {}
    for line in lines:
        try:
            line.terms = terms_of(line.fields)
            checked(session, takehome, line.name, line.email, line.terms, now)
        except Problem as problem:
            line.problems += [f"{name}: {text}" for name, text in problem.errors.items()] or [problem.detail]
        address = line.email.lower()
        if address in seen:
            line.problems.append(f"the same e-mail as line {seen[address]}")
        elif address and still_invited(session, takehome, address, now):
            line.problems.append("has an invitation to this take-home already that is not over")
        seen.setdefault(address, line.number)
    return not any(line.problems for line in lines)


def invite_all(
    session: Session, takehome: Takehome, lines: list[Line], by: Actor, now: datetime
) -> list[tuple[Invitation, str, Line]]:
    """Invite everybody, and return the invitations and the tokens of their links.

    Raises:
        Invalid: a line is not right; nobody was invited.
    """
    if not check(session, takehome, lines, now):
        raise Invalid("A line is not right: nobody was invited.")
    made = []
    for line in lines:
        reference = line.fields.get("reference", "")
        invitation, token = invite(
            session, takehome, line.name, line.email, line.terms, by, now, reference=reference
        )
        made.append((invitation, token, line))
    return made


def terms_of(fields: dict[str, str]) -> Terms:
    """What the fields of a form or of a line say. Times without an offset are in the time zone of the same fields.

    Raises:
        Invalid: a field cannot be read; `errors` says which.
    """
    errors: dict[str, str] = {}
    zone = fields.get("time_zone") or "UTC"
    opens_at = _moment(fields, "opens_at", zone, errors)
    closes_at = _moment(fields, "closes_at", zone, errors)
    numbers = {
        name: _number(fields, name, errors) for name in ("window_minutes", "extra_minutes", "max_attempts")
    }
    feedback = fields.get("feedback", "")
    if feedback and feedback not in list(Feedback):
        errors["feedback"] = "choose from " + ", ".join(Feedback)
    if numbers["extra_minutes"] and not fields.get("extra_reason"):
        errors["extra_reason"] = "say why there is extra time"
    if errors:
        raise Invalid("The invitation is not right.", errors=errors)
    return Terms(
        opens_at=opens_at,
        closes_at=closes_at,
        window_minutes=numbers["window_minutes"],
        extra_minutes=numbers["extra_minutes"] or 0,
        extra_reason=fields.get("extra_reason", "")[:2000],
        time_zone=zone,
        max_attempts=numbers["max_attempts"],
        feedback=Feedback(feedback) if feedback else None,
        level=fields.get("level") or None,
    )


def _moment(fields: dict[str, str], name: str, zone: str, errors: dict[str, str]) -> datetime | None:
    text = fields.get(name, "")
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(zone))
        return moment
    except (ZoneInfoNotFoundError, ValueError, OSError):
        errors[name] = "must look like 2026-03-31 18:00, in a time zone such as Europe/Berlin"
        return None


def _number(fields: dict[str, str], name: str, errors: dict[str, str]) -> int | None:
    text = fields.get(name, "")
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) <= 9:
        return int(text)
    errors[name] = "must be a whole number"
    return None
