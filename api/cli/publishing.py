"""What `grader publish` does. Loaded only by it: the other commands start without a database."""

from __future__ import annotations

import getpass
from typing import Any

from api.audit.log import Actor
from api.cli.failures import WrongUsage
from api.cli.serving import service_of
from api.problems import Invalid
from api.service import open_service
from api.settings import Settings
from api.takehomes.packing import files_of
from api.takehomes.publishing import publish as publish_files
from api.takehomes.tables import SuiteVersion, Takehome
from grader.takehome import find, shelf


def publish(wanted: str, waive: str, **given: Any) -> str:
    """Publish a folder or a built-in take-home; returns what became of it, in words.

    Raises:
        WrongUsage: the service does not take it, or there is none.
        TakehomeError: there is none, or it is not usable.
    """
    files = files_of(find(wanted, shelf()).folder)
    settings = service_of(**given)
    by = Actor("system", "", f"{getpass.getuser()} on the command line")
    with open_service(settings) as service, service.sessions.begin() as session:
        try:
            row, suite, rubric = publish_files(
                session, service.blobs, files, by, service.now(), queue=service.queue, waive=waive
            )
        except Invalid as error:
            raise WrongUsage(str(error)) from error
        return (
            f"{row.name}: suite version {suite.number} ({_state(row, suite)}), rubric version {rubric.number}"
            f"{' (in force)' if row.rubric_id == rubric.id else ' (not in force)'}\n"
            f"{_address(settings)}/take-homes/{row.name}/versions"
        )


def _address(settings: Settings) -> str:
    """Where the pages are, as far as this shell knows: `grader serve` may have got another port in its own."""
    return settings.base_url if "base_url" in settings.model_fields_set else "on its pages: "


def _state(row: Takehome, suite: SuiteVersion) -> str:
    return "in force" if row.suite_id == suite.id else f"check {suite.check}, not in force"
