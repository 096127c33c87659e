"""`grader submit`: what a pipeline runs. Sends code to a service, waits for its grade, and ends accordingly."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.failures import told
from api.cli.percent import percentage


def submit(
    path: Annotated[
        Path | None,
        typer.Argument(
            metavar="PATH",
            help="The submission: a folder, an archive or one .py file. Of a folder is sent what git would send.",
        ),
    ] = None,
    *,
    server: Annotated[
        str, typer.Option("--server", "-s", envvar="GRADER_SERVER", help="Address of the service.")
    ] = "",
    takehome: Annotated[
        str, typer.Option("--takehome", "-t", help="Name of the take-home, as the service knows it.")
    ] = "",
    invitation: Annotated[
        str,
        typer.Option("--invitation", help="Instead: id of the invitation of the candidate whose work it is."),
    ] = "",
    repository: Annotated[
        str,
        typer.Option(
            "--repository",
            help="Instead of PATH: https or ssh address that the service fetches the code from.",
        ),
    ] = "",
    commit: Annotated[str, typer.Option("--commit", help="With --repository: the whole id.")] = "",
    ref: Annotated[str, typer.Option("--ref", help="With --repository: branch or tag of the commit.")] = "",
    label: Annotated[str, typer.Option("--label", help="What to call it where there is no candidate.")] = "",
    level: Annotated[str, typer.Option("--level", help="Seniority variant of the rubric.")] = "",
    key: Annotated[
        str,
        typer.Option(
            "--key", help="The same key and content again is the same submission. Default: a new one."
        ),
    ] = "",
    history: Annotated[
        bool,
        typer.Option("--history/--no-history", help="Send the history of a folder that is a repository."),
    ] = True,
    fail_under: Annotated[
        float | None,
        typer.Option(
            "--fail-under",
            metavar="PERCENT",
            parser=percentage,
            help="Exit with 1 when the score is below this percentage.",
        ),
    ] = None,
    junit: Annotated[Path | None, typer.Option("--junit", help="Write JUnit XML to this file.")] = None,
    sarif: Annotated[Path | None, typer.Option("--sarif", help="Write SARIF to this file.")] = None,
    json: Annotated[Path | None, typer.Option("--json", help="Write the report to this file.")] = None,
    full: Annotated[
        bool,
        typer.Option(
            "--full",
            help="Reports for reviewers, which name hidden tests. The token needs the scope submissions:read. "
            "Default: what a candidate may see.",
        ),
    ] = False,
    timeout: Annotated[
        int, typer.Option("--timeout", min=1, max=86_400, help="Seconds to wait for the grade.")
    ] = 1800,
    insecure_http: Annotated[
        bool, typer.Option("--insecure-http", help="Allow http:// on a network of your own.")
    ] = False,
) -> None:
    """Send code to a running service, wait for the grade, and print the points of each criterion.

    For pipelines: the token comes from the environment variable GRADER_TOKEN and needs the scope submissions:write.
    What gets no answer is repeated, safely, for two minutes.

    Exit status: 0 graded, 1 below --fail-under, 2 wrong usage or refused, 3 ungradable, 4 our side failed: no server,
    no grade in time, or the service could not grade.
    """
    from api.cli import submitting

    with told():
        wish = submitting.Wish(
            path=path,
            takehome=takehome,
            invitation=invitation,
            repository=repository,
            commit=commit,
            ref=ref,
            label=label,
            level=level,
            key=key,
            history=history,
        )
        files = {name: file for name, file in (("junit", junit), ("sarif", sarif), ("json", json)) if file}
        asked = submitting.Asked(wish, files, full=full, fail_under=fail_under, seconds=timeout)
        status = submitting.run(asked, server, insecure_http=insecure_http)
    raise typer.Exit(status)
