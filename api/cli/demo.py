"""`grader demo`: the sample submissions of every take-home that ships with the grader, through the service."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from api.cli.failures import Exit, write_bytes
from api.cli.steps import steps
from grader.formats.comparison import Row, table
from grader.formats.registry import FORMATS
from grader.takehome import find, names, shelf

if TYPE_CHECKING:
    from api.cli.demonstration import Graded

SERVED = "http://127.0.0.1:8000"
"""Where `grader serve` is found when nothing is set."""


def demo(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the reports.")] = Path("reports"),
    only: Annotated[list[str] | None, typer.Option("--takehome", "-t", help="Only these take-homes.")] = None,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", min=1, max=64, help="Submissions graded at a time.")
    ] = 2,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data", help="Folder of the demonstration's database and uploads.", show_default=False
        ),
    ] = None,
) -> None:
    """Send sample submissions through the service.

    Of every built-in take-home there are good, middling, poor and cheating ones. Starts the service on a folder of its
    own, invites a candidate for each, uploads, waits for the grades, prints the scores, writes the reports as pages and
    as JSON, and stops the service.

    Exit status: 0 done, 2 wrong usage, 4 our side failed.
    """
    from api.cli import demonstration, serving

    with serving.service_told():
        takehomes = [find(name, shelf()) for name in only or names(shelf())]
        total = sum(len(takehome.samples) for takehome in takehomes)
        start = time.monotonic()
        with (
            steps(total) as progress,
            demonstration.started(data, jobs) as (
                service,
                address,
                folder,
            ),
        ):
            begun = time.monotonic()
            graded = demonstration.run(service, address, takehomes, jobs, progress)
            spent = time.monotonic() - begun
        rows: dict[str, list[Row]] = {takehome.name: [] for takehome in takehomes}
        for one in graded:
            rows[one.sample.takehome].append(Row(one.sample.name, one.report, _write(out, one)))
    _show(rows, spent, time.monotonic() - start)
    _show_service(graded, folder)
    raise typer.Exit(Exit.DONE)


def _write(out: Path, one: Graded) -> str:
    """Both formats; returns the path of the page."""
    page = out / one.sample.takehome / f"{one.sample.name}.html"
    write_bytes(page.with_suffix(".json"), FORMATS["json"](one.report, one.sample.files))
    write_bytes(page, FORMATS["html"](one.report, one.sample.files))
    return str(page)


def _show(rows: dict[str, list[Row]], spent: float, total: float) -> None:
    console = Console(highlight=False)
    for name, each in rows.items():
        console.print(f"\n[bold]{name}[/]")
        console.print(table(sorted(each, key=_share, reverse=True)))
    count = sum(len(each) for each in rows.values())
    console.print(
        f"\n{count} submissions graded in {spent:.1f} s ({total:.1f} s with getting ready). The reports are pages: "
        "open them in a browser.",
        soft_wrap=True,
    )


def _show_service(graded: list[Graded], folder: Path) -> None:
    """How to see the reports as reviewers do. Addresses are never broken over lines: a terminal makes links of them."""
    console = Console(highlight=False)
    lines = [
        "\nTo see them in the service, as reviewers do, start it:",
        f"  grader serve --data {folder}",
        "Then they are at:",
        *(f"  {one.sample.takehome}, {one.sample.name}: {SERVED}{one.page}" for one in graded),
    ]
    console.print("\n".join(lines), soft_wrap=True, markup=False)


def _share(row: Row) -> float:
    """What was not graded comes last."""
    return row.report.score.share if row.report.score else -1.0
