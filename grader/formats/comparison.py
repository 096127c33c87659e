"""Many reports beside each other, as one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.table import Table
from rich.text import Text

from grader.evidence import Outcome
from grader.formats.summary import OUTCOMES, percent, points
from grader.formats.terminal import share_style, text
from grader.report import Criterion, Report

CRITERIA_SHOWN = 8
"""With more criteria than this among the reports, the one that cost most is named instead of a column for each."""
_STYLES = {Outcome.GRADED: "", Outcome.UNGRADABLE: "yellow", Outcome.INFRASTRUCTURE_FAILED: "magenta"}


@dataclass(frozen=True)
class Row:
    """One submission of the table."""

    name: str
    report: Report
    written_to: str = ""
    """Where its report is, as the reader may type it."""


def table(rows: Sequence[Row]) -> Table:
    """Lay the reports of `rows` beside each other: outcome, points, a column for each criterion, the report.

    Submissions of different take-homes may be in one table; a criterion that one does not have stays empty. Where
    there are more than `CRITERIA_SHOWN` criteria, one column says in which of them most points were lost.
    """
    out = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0))
    titles = _titles(rows)
    written = any(row.written_to for row in rows)
    out.add_column("Submission", overflow="fold")
    out.add_column("Outcome")
    out.add_column("Points", justify="right", no_wrap=True)
    out.add_column("", justify="right", no_wrap=True)
    each = len(titles) <= CRITERIA_SHOWN
    for title in titles.values() if each else ():
        out.add_column(text(title, limit=30), justify="right")
    if not each:
        out.add_column("Lost most in")
    if written:
        out.add_column("Report", overflow="fold")
    for row in rows:
        cells = [text(row.name, "bold", 60), *_verdict(row.report)]
        by_id = {criterion.id: criterion for criterion in row.report.criteria}
        cells += [_cell(by_id.get(id_)) for id_ in titles] if each else [_lost_most(row.report)]
        out.add_row(*cells, *([text(row.written_to, "blue", 400)] if written else []))
    return out


def _titles(rows: Sequence[Row]) -> dict[str, str]:
    """Titles by id, in the order in which the reports bring them."""
    titles: dict[str, str] = {}
    for row in rows:
        for criterion in row.report.criteria:
            titles.setdefault(criterion.id, criterion.title)
    return titles


def _verdict(report: Report) -> tuple[Text, Text, Text]:
    """Outcome or band, points, share. What was not graded has no points: never a zero."""
    if report.score is None:
        return Text(OUTCOMES[report.outcome], style=_STYLES[report.outcome]), Text("-"), Text("-")
    word = text(report.band.title if report.band else OUTCOMES[report.outcome], limit=30)
    pending = f" +{points(report.score.pending)}?" if report.score.pending else ""
    figure = Text(f"{points(report.score.points)} / {points(report.score.max)}{pending}")
    return word, figure, Text(percent(report.score.share), style=share_style(report.score.share))


def _lost_most(report: Report) -> Text:
    """Name the criterion that cost most points; the first of several that cost the same."""
    worst = max(report.criteria, key=lambda one: one.max - one.points, default=None)
    if worst is None or worst.points >= worst.max:
        return Text("-", style="dim")
    return Text.assemble(text(worst.title, limit=30), "  ", _cell(worst))


def _cell(criterion: Criterion | None) -> Text:
    if criterion is None or not criterion.max:
        return Text("-", style="dim")
    share = criterion.points / criterion.max
    return Text(f"{points(criterion.points)} / {points(criterion.max)}", style=share_style(share))
