"""`grader publish`: a take-home folder becomes a version of the service, on the database of the settings."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy.exc import OperationalError

from api.audit.log import Actor
from api.blobs import BlobsUnavailable
from api.cli.failures import Exit, WrongUsage, error_console, told
from api.database.embedded import DatabaseUnavailable
from api.problems import Invalid
from api.service import open_service
from api.settings import BadSettings, read_settings
from api.takehomes.packing import files_of
from api.takehomes.publishing import publish as publish_files
from api.takehomes.tables import SuiteVersion, Takehome
from grader.takehome import find, shelf


def publish(
    wanted: Annotated[
        str, typer.Argument(metavar="TAKEHOME", help="A folder of yours, or the name of a built-in one.")
    ],
    waive: Annotated[
        str,
        typer.Option("--waive", metavar="REASON", help="Use it without the check; say why. It is recorded."),
    ] = "",
) -> None:
    """Publish a take-home to the service on this machine.

    The service is the one of the GRADER_ settings: its database and its blobs. A new version is checked by a worker
    before anybody is graded with it; the page of its versions shows how far that is.

    Exit status: 0 published, 2 not a usable take-home or wrong settings, 4 database or blobs do not answer.
    """
    with told():
        files = files_of(find(wanted, shelf()).folder)
        try:
            line = _publish(files, waive)
        except (BadSettings, Invalid) as error:
            raise WrongUsage(str(error)) from error
        except (DatabaseUnavailable, OperationalError, BlobsUnavailable) as error:
            first = str(error).splitlines()[0]
            error_console().print(f"error: {first}", markup=False, soft_wrap=True)
            raise typer.Exit(Exit.INFRASTRUCTURE) from error
    Console(highlight=False).print(line, markup=False, soft_wrap=True)


def _publish(files: dict[str, bytes], waive: str) -> str:
    """Give what became of it, in words."""
    settings = read_settings()
    by = Actor("system", "", f"{getpass.getuser()} on the command line")
    with open_service(settings) as service, service.sessions.begin() as session:
        row, suite, rubric = publish_files(
            session, service.blobs, files, by, service.now(), queue=service.queue, waive=waive
        )
        return (
            f"{row.name}: suite version {suite.number} ({_state(row, suite)}), rubric version {rubric.number}"
            f"{' (in force)' if row.rubric_id == rubric.id else ' (not in force)'}\n"
            f"{settings.base_url}/take-homes/{row.name}/versions"
        )


def _state(row: Takehome, suite: SuiteVersion) -> str:
    return "in force" if row.suite_id == suite.id else f"check {suite.check}, not in force"
