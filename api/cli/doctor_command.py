"""`grader doctor`: what is needed, what is wrong with it, and how to mend it."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from api.cli.doctor import diagnose
from api.cli.failures import Exit


def doctor(
    runtime: Annotated[
        str | None, typer.Option("--runtime", help="Container runtime that you want to use.")
    ] = None,
) -> None:
    """Say what is missing here, and how to mend it.

    Looks at the engine, the runtime, the images and the limits, and changes nothing.

    Exit status: 0 everything is there, 4 something is missing.
    """
    console = Console(highlight=False)
    findings = diagnose(runtime)
    for finding in findings:
        mark = "[green]✓[/]" if finding.ok else "[red]✗[/]"
        console.print(f"{mark} [bold]{finding.name}[/]  ", end="")
        console.print(finding.said, markup=False, soft_wrap=True)
        if not finding.ok and finding.mend:
            console.print(f"  → {finding.mend}", markup=False, soft_wrap=True)
    raise typer.Exit(Exit.DONE if all(finding.ok for finding in findings) else Exit.INFRASTRUCTURE)
