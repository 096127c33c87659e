"""What `grader submit` does. Loaded only by it: the other commands start without an HTTP client."""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx2
from pydantic import BaseModel, ValidationError
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from api.cli.failures import Exit, OurFailure, WrongUsage, write_bytes
from api.cli.folder import packed
from api.cli.server import Server, checked_address
from api.cli.steps import DONE, steps
from grader.formats.summary import percent, points
from grader.formats.visible import one_line
from grader.intake.errors import IntakeError
from grader.intake.folders import read_upload
from grader.intake.limits import IntakeLimits

LOOK: Final = (1.0, 5.0)
"""Seconds between two looks at how far it is: at first, and at most."""
UNDER_WAY: Final = frozenset({"fetching", "queued", "grading", "waiting"})
_WORDS: Final = {
    "fetching": "the service fetches the repository",
    "queued": "waits for a worker",
    "grading": "is graded",
    "waiting": "the service failed and tries again",
}


@dataclass(frozen=True)
class Wish:
    """What is to be submitted, as it was typed."""

    path: Path | None = None
    takehome: str = ""
    invitation: str = ""
    repository: str = ""
    commit: str = ""
    ref: str = ""
    label: str = ""
    level: str = ""
    key: str = ""
    history: bool = True

    def about(self) -> dict[str, str]:
        """What it is for, as the service is told."""
        given = {
            "take_home": self.takehome,
            "invitation": self.invitation,
            "label": self.label,
            "level": self.level,
        }
        return {name: value for name, value in given.items() if value}


@dataclass(frozen=True)
class Asked:
    """The command as a whole."""

    wish: Wish
    files: Mapping[str, Path]
    """Format of a report → where it is written."""
    full: bool
    fail_under: float | None
    seconds: float


class Score(BaseModel):
    """Points, of the part of a report that the table shows."""

    points: float
    max: float
    share: float


class Criterion(BaseModel):
    """A line of the table."""

    title: str
    points: float
    max: float


class Shown(BaseModel):
    """What the table shows. Newer services may say more."""

    outcome: str
    reason: str = ""
    score: Score | None = None
    criteria: tuple[Criterion, ...] = ()


def run(asked: Asked, address: str, *, insecure_http: bool) -> Exit:
    """Submit, wait, write and print.

    Raises:
        WrongUsage: what was typed cannot be done, or the service refused it.
        OurFailure: no server answered, or there is no grade.
    """
    _check(asked.wish, address)
    address, token = checked_address(address, insecure_http=insecure_http), _token()
    for file in asked.files.values():
        _remove(file)
    with steps(1) as progress:
        server = Server(address, token, progress, time.monotonic() + asked.seconds)
        made = _send(server, asked.wish, progress)
        done = _wait(server, made, progress)
        progress(f"{DONE}{done['state']}")
    if done["state"] == "refused":
        raise WrongUsage(f"The repository was not taken: {one_line(done['problem'], 1000)}")
    if done["state"] not in {"graded", "ungradable"}:
        why = one_line(done["problem"], 1000) or f"The submission is {done['state']}."
        raise OurFailure(f"{why} {done['url']}")
    report = _reports(server, asked, done["id"])
    _print(report, done)
    return _status(report, asked.fail_under)


def _check(wish: Wish, address: str) -> None:
    """Find slips of the keyboard before anything is sent.

    Raises:
        WrongUsage: there is one.
    """
    if not address:
        raise WrongUsage("Say where the service is: --server https://grader.example.com, or GRADER_SERVER.")
    if bool(wish.takehome) == bool(wish.invitation):
        raise WrongUsage("Give either --takehome NAME or --invitation ID.")
    if (wish.path is None) == (not wish.repository):
        raise WrongUsage("Give either the PATH of a submission or --repository URL.")
    if wish.path is not None and (wish.commit or wish.ref):
        raise WrongUsage("--commit and --ref belong to --repository.")
    if wish.repository and not wish.commit:
        raise WrongUsage("--repository needs --commit: the whole id, so that it is sure what was graded.")
    if wish.path is not None and not wish.path.exists():
        raise WrongUsage(f"There is nothing at {wish.path}. Name the submission's folder or archive.")
    if wish.invitation:
        try:
            uuid.UUID(wish.invitation)
        except ValueError as error:
            raise WrongUsage(f"{wish.invitation} is no id of an invitation.") from error
    if wish.key and not (
        wish.key.isascii() and wish.key.isprintable() and " " not in wish.key and len(wish.key) <= 200
    ):
        raise WrongUsage("--key takes 1 to 200 visible ASCII characters.")


def _token() -> str:
    token = os.environ.get("GRADER_TOKEN", "").strip()
    if not token:
        raise WrongUsage(
            "GRADER_TOKEN is not set. Give the pipeline a token with the scope submissions:write as a masked variable; "
            "never as an argument, which every process of the machine can read."
        )
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise WrongUsage("GRADER_TOKEN holds something that is no token.")
    return token


def _remove(file: Path) -> None:
    """Take away what an earlier run wrote: if this one fails, its report must not look like ours."""
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        raise WrongUsage(f"{file} cannot be written: {error.strerror}.") from error


def _send(server: Server, wish: Wish, tell: Callable[[str], None]) -> dict[str, Any]:
    headers = {"Idempotency-Key": wish.key or uuid.uuid4().hex}
    if wish.path is None:
        named = {"url": wish.repository, "commit": wish.commit, "ref": wish.ref}
        document = {**wish.about(), "repository": named}
        tell(f"asks the service to fetch {wish.repository}")
        return _document(server.request("POST", "/ci/submissions", headers=headers, json=document))
    name, data = _content(wish.path, tell, history=wish.history)
    tell(f"sends {len(data):,} bytes to {server.address}")
    return _document(
        server.request(
            "POST",
            "/ci/submissions",
            headers={**headers, "Content-Type": "application/octet-stream"},
            params={**wish.about(), "filename": name},
            content=data,
        )
    )


def _content(path: Path, tell: Callable[[str], None], *, history: bool) -> tuple[str, bytes]:
    """What is sent, and what it is called."""
    if not path.is_dir():
        try:
            return path.name[-200:], read_upload(path, IntakeLimits())
        except IntakeError as error:
            raise WrongUsage(str(error)) from error
    found = packed(path, history=history)
    without = [f"{found.ignored} ignored by .gitignore"] if found.ignored else []
    without += [f"{found.links} links"] if found.links else []
    tell(
        f"packed {len(found.files)} files of {path}"
        + (" with their history" if found.history else "")
        + (f", without {' and '.join(without)}" if without else "")
    )
    return f"{path.resolve().name[-190:] or 'submission'}.tar.gz", found.archive()


def _wait(server: Server, made: dict[str, Any], tell: Callable[[str], None]) -> dict[str, Any]:
    """How it stands in the end.

    Raises:
        OurFailure: there was no end in time.
    """
    known, tag, pause, said = made, "", LOOK[0], ""
    while known["state"] in UNDER_WAY:
        step = known["progress"].get("step")
        words = _WORDS[known["state"]] + (f": {one_line(step, 200)}" if isinstance(step, str) else "")
        if words != said:
            tell(words)
            said, pause = words, LOOK[0]
        if time.monotonic() + pause > server.ends:
            raise OurFailure(
                f"There is no grade in time. It goes on without us: {known['url']} shows it. A longer --timeout waits."
            )
        server.sleep(pause)
        pause = min(pause * 1.3, LOOK[1])
        headers = {"If-None-Match": tag} if tag else {}
        answer = server.request("GET", f"/ci/submissions/{made['id']}", headers=headers)
        if answer.status_code != 304:
            known, tag = _document(answer), answer.headers.get("etag", "")
    return known


def _reports(server: Server, asked: Asked, identity: str) -> Shown:
    """Write the files that were asked for; returns what the table shows."""
    path = f"/submissions/{identity}/report" if asked.full else f"/ci/submissions/{identity}/report"
    written = {"json": server.request("GET", path, params={"format": "json"}).content}
    for name, file in asked.files.items():
        if name not in written:
            written[name] = server.request("GET", path, params={"format": name}).content
        write_bytes(file, written[name])
    try:
        return Shown.model_validate_json(written["json"])
    except ValidationError as error:
        raise OurFailure(f"{server.address} sent a report that this version cannot read.") from error


def _document(answer: httpx2.Response) -> dict[str, Any]:
    """The submission in an answer, with what we look at.

    Raises:
        OurFailure: there is none.
    """
    try:
        document = answer.json()
    except (ValueError, json.JSONDecodeError):
        document = None
    needed = {"id": str, "state": str, "url": str, "problem": str, "progress": dict}
    if not isinstance(document, dict) or not all(
        isinstance(document.get(name), kind) for name, kind in needed.items()
    ):
        raise OurFailure("What answered is no grader of this version: is --server right?")
    return document


def _print(report: Shown, done: dict[str, Any]) -> None:
    console = Console(highlight=False)
    if report.criteria and report.score is not None:
        table = Table(box=box.HORIZONTALS, show_footer=True)
        table.add_column("Criterion", footer="Total")
        score = report.score
        table.add_column("Points", footer=f"{points(score.points)} / {points(score.max)}", justify="right")
        table.add_column("", footer=percent(score.share), justify="right")
        for one in report.criteria:
            share = percent(one.points / one.max) if one.max else ""
            table.add_row(Text(one_line(one.title)), f"{points(one.points)} / {points(one.max)}", share)
        console.print(table)
    else:
        reason = one_line(report.reason, 2000) or "The submission cannot be graded."
        console.print(reason, markup=False, soft_wrap=True)
    console.print(done["url"], markup=False, soft_wrap=True)


def _status(report: Shown, fail_under: float | None) -> Exit:
    if report.outcome == "ungradable":
        return Exit.UNGRADABLE
    if fail_under is not None and (report.score is None or report.score.share * 100 < fail_under):
        return Exit.BELOW
    return Exit.DONE
