"""`grader publish`: a take-home folder becomes a version of the service, on the database of the settings."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from api.cli.serve import Data


def publish(
    wanted: Annotated[
        str, typer.Argument(metavar="TAKEHOME", help="A folder of yours, or the name of a built-in one.")
    ],
    waive: Annotated[
        str,
        typer.Option("--waive", metavar="REASON", help="Use it without the check; say why. It is recorded."),
    ] = "",
    data: Data = None,
) -> None:
    """Publish a take-home to the service on this machine.

    The service is the one of the GRADER_ settings: its database and its blobs. A new version is checked by a worker
    before anybody is graded with it; the page of its versions shows how far that is.

    Exit status: 0 published, 2 not a usable take-home or wrong settings, 4 database or blobs do not answer.
    """
    from api.cli import publishing, serving

    with serving.service_told():
        line = publishing.publish(wanted, waive, data=data)
    Console(highlight=False).print(line, markup=False, soft_wrap=True)
