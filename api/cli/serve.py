"""The commands of the service: all of it on one machine, its halves on many, back-up and restore."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[
    Path | None,
    typer.Option(
        "--data", help="Folder of the database and of the uploads (GRADER_DATA).", show_default=False
    ),
]
Host = Annotated[
    str | None,
    typer.Option("--host", help="Address to listen on (GRADER_HOST; 127.0.0.1).", show_default=False),
]
Port = Annotated[
    int | None,
    typer.Option("--port", "-p", min=0, max=65535, help="Port (GRADER_PORT; 8000).", show_default=False),
]
Supervised = Annotated[bool, typer.Option("--supervised", hidden=True)]


def serve(data: Data = None, host: Host = None, port: Port = None) -> None:
    """Run the whole service on this machine.

    Starts PostgreSQL (or uses GRADER_DATABASE_URL), the API with its pages, and a worker; starts again what ends.
    Publishes the built-in take-homes where there are none. Ctrl-C finishes the gradings under way; a second one ends at
    once. docs/operations.md has all settings.

    Exit status: 0 stopped, 2 wrong usage or settings, 4 the database does not start.
    """
    from api.cli import serving

    with serving.service_told():
        serving.serve(data=data, host=host, port=port)


def api(
    host: Host = None,
    port: Port = None,
    *,
    listener: Annotated[int | None, typer.Option("--socket", hidden=True)] = None,
    supervised: Supervised = False,
) -> None:
    """Run the API and the pages alone.

    For many machines: GRADER_DATABASE_URL and GRADER_BLOB_URL name what all of them share. Needs no Docker.

    Exit status: 0 stopped, 2 wrong usage or settings, 4 the database does not answer.
    """
    from api.cli import serving

    with serving.service_told():
        serving.api(listener, supervised=supervised, host=host, port=port)


def worker(*, supervised: Supervised = False) -> None:
    """Run a worker alone: it grades what waits in the queue.

    For many machines, as many as you like: GRADER_DATABASE_URL and GRADER_BLOB_URL name what all of them share. Needs
    Docker; without it the worker says so and waits.

    Exit status: 0 stopped, 1 stopped before everything was finished, 2 wrong settings, 4 the database does not answer.
    """
    from api.cli import serving

    with serving.service_told():
        serving.worker(supervised=supervised)


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The tar file to write.")], data: Data = None
) -> None:
    """Write everything into one file: the database as it is now, and every stored upload and take-home.

    The service may run meanwhile. The file holds personal data and hidden tests: keep it like a password.

    Exit status: 0 written, 2 wrong usage or settings, 4 it could not be written whole.
    """
    from api.cli import serving

    with serving.service_told():
        serving.backup(file, data=data)


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `grader backup` wrote.")],
    data: Data = None,
) -> None:
    """Put a back-up into an empty database and the store of uploads. What is there already is never overwritten.

    Exit status: 0 restored, 2 wrong usage or settings, 4 it could not be restored.
    """
    from api.cli import serving

    with serving.service_told():
        serving.restore(file, data=data)
