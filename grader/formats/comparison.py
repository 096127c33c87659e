"""Many reports beside each other, as one table that fits the terminal.

A table whose cells wrap is no table. So the widest of these layouts that fits is taken: points of each criterion
under its title; the same as percentages under numbers, with a legend; only the criterion that cost most. Paths of
reports go below the table where they do not fit into it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from grader.evidence import Outcome
from grader.formats.summary import percent, points
from grader.formats.terminal import share_style, text
from grader.report import Criterion, Report

CRITERIA = 12
"""With more criteria than this among the reports, only the one that cost most is shown."""
_WORDS = {
    Outcome.GRADED: "Graded",
    Outcome.UNGRADABLE: "Cannot be graded",
    Outcome.INFRASTRUCTURE_FAILED: "Our failure",
}
_STYLES = {Outcome.GRADED: "", Outcome.UNGRADABLE: "yellow", Outcome.INFRASTRUCTURE_FAILED: "magenta"}
_ENDLESS = 10_000

Cells = Callable[[Report], list[Text]]
"""The cells of a report that depend on the layout."""


@dataclass(frozen=True)
class Row:
    """One submission of the table."""

    name: str
    report: Report
    written_to: str = ""
    """Where its report is, as the reader may type it."""


@dataclass(frozen=True)
class Comparison:
    """A rich renderable: reports beside each other, laid out for the width that there is.

    Submissions of different take-homes may be in one table; a criterion that one does not have stays empty.
    """

    rows: tuple[Row, ...]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        titles = _titles(self.rows)
        paths = any(row.written_to for row in self.rows)
        if len(titles) <= CRITERIA:
            for inside in (True, False) if paths else (False,):
                for make in (_in_full, _in_numbers):
                    table = make(self.rows, titles, paths=inside)
                    if _width(console, table) <= options.max_width:
                        yield table
                        yield from _below(
                            self.rows, titles, legend=make is _in_numbers, paths=paths and not inside
                        )
                        return
        yield _in_short(self.rows)
        yield from _below(self.rows, titles, legend=False, paths=paths)


def table(rows: Sequence[Row]) -> Comparison:
    """Lay the reports of `rows` beside each other: outcome, points, criteria, where the report is."""
    return Comparison(tuple(rows))


def _width(console: Console, made: Table) -> int:
    return Measurement.get(console, console.options.update(width=_ENDLESS), made).maximum


def _titles(rows: Iterable[Row]) -> dict[str, str]:
    """Titles by id, in the order in which the reports bring them."""
    titles: dict[str, str] = {}
    for row in rows:
        for criterion in row.report.criteria:
            titles.setdefault(criterion.id, criterion.title)
    return titles


def _in_full(rows: Sequence[Row], titles: dict[str, str], *, paths: bool) -> Table:
    """Put the points of each criterion under its title."""
    headings = [text(title, limit=30) for title in titles.values()]
    return _table(
        rows, headings, lambda report: [_points(one) for one in _picked(report, titles)], paths=paths, gap=2
    )


def _in_numbers(rows: Sequence[Row], titles: dict[str, str], *, paths: bool) -> Table:
    """Put the share of each criterion under its number in the legend."""
    headings = [Text(str(number)) for number in range(1, len(titles) + 1)]
    return _table(
        rows, headings, lambda report: [_share(one) for one in _picked(report, titles)], paths=paths, gap=1
    )


def _in_short(rows: Sequence[Row]) -> Table:
    """Name the criterion that cost most; its title wraps rather than the name of a submission."""
    return _table(rows, [Text("")], _lost_most, paths=False, gap=1, title=Text("Lost most in"))


def _table(
    rows: Sequence[Row],
    headings: Sequence[Text],
    cells: Cells,
    *,
    paths: bool,
    gap: int,
    title: Text | None = None,
) -> Table:
    out = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, gap, 0, 0))
    out.add_column("Submission", overflow="fold")
    out.add_column("Outcome")
    out.add_column("Points", justify="right", no_wrap=True)
    out.add_column("", justify="right", no_wrap=True)
    if title is not None:
        out.add_column(title)
    for heading in headings:
        out.add_column(heading, justify="right", no_wrap=True)
    if paths:
        out.add_column("Report")
    for row in rows:
        written = [text(row.written_to, "blue", 1000)] if paths else []
        out.add_row(text(row.name, "bold", 40), *_verdict(row.report), *cells(row.report), *written)
    return out


def _below(
    rows: Sequence[Row], titles: dict[str, str], *, legend: bool, paths: bool
) -> Iterable[RenderableType]:
    """What the table itself has no room for."""
    if legend and titles:
        numbered = "  ".join(f"{number} {title}" for number, title in enumerate(titles.values(), 1))
        yield Text("\n% of the points in  ", style="dim").append_text(text(numbered, limit=1000))
    if paths:
        yield Text()
        listed = Table.grid(padding=(0, 2, 0, 0))
        listed.add_column(no_wrap=True)
        listed.add_column(overflow="fold")
        for row in rows:
            listed.add_row(text(row.name, "bold", 40), text(row.written_to, "blue", 1000))
        yield listed


def _verdict(report: Report) -> tuple[Text, Text, Text]:
    """Outcome or band, points, share. What was not graded has no points: never a zero."""
    if report.score is None:
        return Text(_WORDS[report.outcome], style=_STYLES[report.outcome]), Text("-"), Text("-")
    word = text(report.band.title if report.band else _WORDS[report.outcome], limit=24)
    pending = f" +{points(report.score.pending)}?" if report.score.pending else ""
    figure = Text(f"{points(report.score.points)} / {points(report.score.max)}{pending}")
    return word, figure, Text(percent(report.score.share), style=share_style(report.score.share))


def _picked(report: Report, titles: dict[str, str]) -> list[Criterion | None]:
    by_id = {criterion.id: criterion for criterion in report.criteria}
    return [by_id.get(id_) for id_ in titles]


def _points(criterion: Criterion | None) -> Text:
    if criterion is None or not criterion.max:
        return Text("-", style="dim")
    share = criterion.points / criterion.max
    return Text(f"{points(criterion.points)} / {points(criterion.max)}", style=share_style(share))


def _share(criterion: Criterion | None) -> Text:
    if criterion is None or not criterion.max:
        return Text("-", style="dim")
    share = criterion.points / criterion.max
    return Text(percent(share).removesuffix(" %"), style=share_style(share))


def _lost_most(report: Report) -> list[Text]:
    """Title and points of the criterion that cost most; the first of several that cost the same."""
    worst = max(report.criteria, key=lambda one: one.max - one.points, default=None)
    if worst is None or worst.points >= worst.max:
        return [Text("-", style="dim"), Text()]
    return [text(worst.title, limit=60), _points(worst)]
