"""The report on a terminal: one screen that says what was decided and on what it rests.

`show` writes to a rich console, which uses colours on a terminal and plain text elsewhere; `render` is the plain
text as bytes. No text of a report is ever read as rich markup, and none reaches the terminal before `visible`.
Own titles use the same path as a candidate's words: there is no second, unguarded one.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from grader.evidence import Evidence, Outcome
from grader.formats import terminal_evidence
from grader.formats.interface import AnyReport
from grader.formats.summary import OUTCOMES, percent, points
from grader.formats.visible import one_line
from grader.report import (
    CandidateCriterion,
    CandidateItem,
    CandidateReport,
    Criterion,
    EvidenceLink,
    Gate,
    Item,
    Report,
)
from sandbox.contract import Files

WIDTH = 100
EVIDENCE_SHOWN = 2
NOTICES_SHOWN = 6
BAR = 16
_STYLES = {
    Outcome.GRADED: "green",
    Outcome.UNGRADABLE: "yellow",
    Outcome.INFRASTRUCTURE_FAILED: "magenta",
}


def render(report: AnyReport, files: Files) -> bytes:
    """Give the screen as plain UTF-8 text, `WIDTH` columns wide. `files` is not needed."""
    del files
    out = io.StringIO()
    show(
        report, Console(file=out, width=WIDTH, color_system=None, force_terminal=False, legacy_windows=False)
    )
    return "".join(line.rstrip() + "\n" for line in out.getvalue().split("\n")[:-1]).encode("utf-8")


def show(report: AnyReport, console: Console) -> None:
    """Print the screen. Colours, width and encoding are the console's."""
    ascii_only = console.options.ascii_only
    console.print(_head(report, ascii_only=ascii_only))
    console.print(Group(*(_notices(report) if isinstance(report, Report) else _public_gates(report))))
    if report.criteria:
        console.print(_criteria(report.criteria, ascii_only=ascii_only))
        console.print(Group(*_items(report.criteria)))
    if isinstance(report, CandidateReport):
        console.print(Group(*_hidden_counts(report)))
        return
    console.print(Group(*terminal_evidence.sections(report.evidence)))
    console.print(_provenance(report))


def text(value: str, style: str = "", limit: int = 300) -> Text:
    """Make one line of safe text."""
    return Text(one_line(value, limit), style=style)


def bar(share: float, *, ascii_only: bool) -> Text:
    """Draw a share (0..1) as a bar; more than nothing shows at least one block, less than all at most all but one."""
    full = round(max(0.0, min(1.0, share)) * BAR)
    if share > 0:
        full = max(full, 1)
    if share < 1:
        full = min(full, BAR - 1)
    mark, rest = ("#", ".") if ascii_only else ("█", "░")
    return Text.assemble((mark * full, share_style(share)), (rest * (BAR - full), "dim"))


def share_style(share: float) -> str:
    """Colour a share; the figure beside it says the same."""
    return "green" if share >= 0.8 else "yellow" if share >= 0.5 else "red"


def _head(report: AnyReport, *, ascii_only: bool) -> RenderableType:
    title = report.evidence.takehome.title if isinstance(report, Report) else report.takehome
    lines = [text(OUTCOMES[report.outcome], f"bold {_STYLES[report.outcome]}")]
    if report.score is not None:
        score = report.score
        figure = Text(f"{points(score.points)} / {points(score.max)}", style="bold")
        lines = [
            Text.assemble(
                figure,
                "   ",
                bar(score.share, ascii_only=ascii_only),
                f"  {percent(score.share)}   ",
                lines[0],
            )
        ]
        if score.pending:
            lines.append(Text(f"{points(score.pending)} more points wait for a person.", style="cyan"))
    if isinstance(report, Report) and report.band is not None:
        provisional = " (provisional)" if report.band.provisional else ""
        band = Text.assemble((one_line(report.band.title) + provisional, "bold"), ": ")
        lines.append(band.append(one_line(report.recommendation or report.band.recommendation)))
    if report.reason:
        lines.append(text(report.reason, limit=2000))
    return Panel(
        Group(*lines),
        title=text(title, "bold", 80),
        title_align="left",
        border_style=_STYLES[report.outcome],
        box=box.ROUNDED,
        padding=(0, 2),
    )


def _notices(report: Report) -> Iterator[Text]:
    """What a reviewer must know before reading on."""
    for gate in report.gates:
        if gate.applied or gate.waived is not None:
            yield _gate(gate)
    for line in report.attention[:NOTICES_SHOWN]:
        yield Text.assemble(("! ", "bold yellow"), text(line))
    if len(report.attention) > NOTICES_SHOWN:
        yield Text(f"… and {len(report.attention) - NOTICES_SHOWN} more to know", style="dim")


def _public_gates(report: CandidateReport) -> Iterator[Text]:
    for gate in report.gates:
        bound = f" bounds the total to {percent(gate.total_at_most)}."
        yield Text.assemble(("! ", "bold yellow"), text(f"“{gate.title}”"), bound)


def _gate(gate: Gate) -> Text:
    if gate.waived is not None:
        why = f"waived by {gate.waived.by}: {gate.waived.reason}"
    else:
        why = f"bounds the total to {percent(gate.total_at_most)}. {gate.why}"
    return Text.assemble(("! Gate ", "bold yellow"), text(f"“{gate.title}” {why}"), _place(gate.evidence))


def _criteria(criteria: Iterable[Criterion | CandidateCriterion], *, ascii_only: bool) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("Criterion", ratio=1)
    table.add_column("", width=BAR)
    table.add_column("Points", justify="right", no_wrap=True)
    table.add_column("Level")
    for one in criteria:
        share = one.points / one.max if one.max else 0.0
        pending = f" +{points(one.pending)}?" if one.pending else ""
        table.add_row(
            text(one.title, limit=60),
            bar(share, ascii_only=ascii_only) if one.max else Text("-", style="dim"),
            Text(f"{points(one.points)} / {points(one.max)}{pending}"),
            text(one.word or "", "dim", 40),
        )
    return table


def _items(criteria: Iterable[Criterion | CandidateCriterion]) -> Iterator[RenderableType]:
    """List items by criterion. Evidence that several items rest on is shown once."""
    seen: set[EvidenceLink] = set()
    for one in criteria:
        yield Text()
        yield text(one.title, "bold")
        table = Table.grid(padding=(0, 1, 0, 0), pad_edge=False)
        table.add_column(width=1)
        table.add_column(justify="right", min_width=9, no_wrap=True)
        table.add_column(ratio=1, overflow="fold")
        for item in one.items:
            mark, style = _mark(item)
            table.add_row(Text(mark, style=style), _item_points(item), _item_text(item, seen))
        yield Padding(table, (0, 0, 0, 1))


def _mark(item: Item | CandidateItem) -> tuple[str, str]:
    if item.status == "needs_human":
        return "?", "bold cyan"
    if item.status == "not_judged":
        return "-", "bold magenta"
    if item.points >= item.max:
        return "+", "bold green"
    return ("~", "bold yellow") if item.points > 0 else ("x", "bold red")


def _item_points(item: Item | CandidateItem) -> Text:
    if item.status == "needs_human":
        return Text(f"? / {points(item.max)}", style="cyan")
    return Text(points(item.points) if not item.max else f"{points(item.points)} / {points(item.max)}")


def _item_text(item: Item | CandidateItem, seen: set[EvidenceLink]) -> Text:
    """Title and reason; where points were lost, the first evidence too."""
    out = Text.assemble((one_line(item.title, 120), "bold" if item.points < item.max else ""), "  ")
    out.append(one_line(item.why), style="dim")
    if isinstance(item, Item) and item.override is not None:
        out.append(
            f"\nOverridden by {one_line(item.override.by)}: {one_line(item.override.reason)}", style="cyan"
        )
    if isinstance(item, Item) and item.status == "needs_human" and item.question:
        out.append(f"\n{one_line(item.question)}", style="cyan")
    if item.points >= item.max and item.max > 0:
        return out
    if item.evidence and seen.issuperset(item.evidence[:EVIDENCE_SHOWN]):
        return out.append("\nevidence as above", style="dim")
    for link in item.evidence[:EVIDENCE_SHOWN]:
        seen.add(link)
        out.append("\n").append_text(_link(link))
    more = len(item.evidence) - EVIDENCE_SHOWN + (item.evidence_left_out if isinstance(item, Item) else 0)
    return out.append(f"\n… and {more:,} more", style="dim") if more > 0 else out


def _link(link: EvidenceLink) -> Text:
    where = f"{one_line(link.path, 80)}:{link.line or 1}" if link.path else one_line(link.ref, 80)
    name = one_line(link.ref, 60) if link.path else ""
    return Text.assemble(
        (where, "blue"), "  ", (f"{name}  " if name else "", ""), (one_line(link.text, 160), "dim")
    )


def _place(links: Iterable[EvidenceLink]) -> Text:
    for link in links:
        if link.path:
            return Text.assemble("  ", (f"{one_line(link.path, 80)}:{link.line or 1}", "blue"))
    return Text()


def _hidden_counts(report: CandidateReport) -> Iterator[Text]:
    if report.hidden_tests is not None:
        counts = report.hidden_tests
        yield Text()
        yield Text(f"Our tests: {counts.passed} of {counts.total} passed.")
        if counts.flaky:
            yield Text(f"{counts.flaky} did not come out the same twice and cost nothing.", style="dim")


def _provenance(report: Report) -> Text:
    evidence: Evidence = report.evidence
    stages = "  ".join(f"{one_line(stage.name, 20)} {stage.wall_seconds:.2f} s" for stage in evidence.stages)
    level = f" ({report.rubric.level})" if report.rubric.level else ""
    line = (
        f"\nRubric {report.rubric.name} {report.rubric.version}{level}  ·  environment {evidence.environment.name} "
        f"({evidence.environment.runtime})  ·  submission {evidence.submission.digest[:12]}"
    )
    return Text(f"\n{one_line(line)}" + (f"\nTime: {stages}" if stages else ""), style="dim")
