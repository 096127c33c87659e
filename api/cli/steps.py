"""Progress on the error stream: a bar on a terminal, one line for each step elsewhere."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from api.cli.failures import error_console

DONE = "done: "
"""What a step's text begins with when it completes one of the whole."""


@contextlib.contextmanager
def steps(total: int) -> Iterator[Callable[[str], None]]:
    """Show the steps that the yielded function is told, `total` of which complete the work."""
    console = error_console()
    if not console.is_terminal:
        yield lambda line: console.print(f"  {line}", markup=False, soft_wrap=True)
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("starting", total=total)
        yield lambda line: progress.update(task, description=line, advance=1 if line.startswith(DONE) else 0)
