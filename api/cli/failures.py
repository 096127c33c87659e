"""How commands fail: one line or a few on the error stream, and an exit status that scripts can rely on.

| status | meaning |
|---|---|
| 0 | done; every submission was graded |
| 1 | done, but a check failed or a score is below --fail-under |
| 2 | wrong usage: a file, folder, take-home or option that is not there or not right; refused by the service |
| 3 | at least one submission is ungradable: it cannot be judged, and the report says why |
| 4 | our side failed: engine, images, sandbox, server, time; nothing is known about the submission |
| 130 | stopped by the user |
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from grader.intake.errors import IntakeError
from grader.rubric import UnknownLevel
from grader.takehome import TakehomeError
from grader.yaml_source import SourceError
from sandbox.errors import SandboxError, UnknownEnvironment


class Exit(IntEnum):
    """Exit statuses."""

    DONE = 0
    BELOW = 1
    USAGE = 2
    UNGRADABLE = 3
    INFRASTRUCTURE = 4
    STOPPED = 130


class WrongUsage(Exception):
    """What was typed cannot be done. The message says why and what to type instead."""


def error_console() -> Console:
    """The console for messages that are not results."""
    return Console(stderr=True, highlight=False)


class OurFailure(Exception):
    """Something that the command needs is not there. The message says what, and what to do."""


@contextmanager
def told() -> Iterator[None]:
    """Turn the errors that a user can cause or mend into a message and an exit status."""
    try:
        yield
    except (WrongUsage, TakehomeError, SourceError, IntakeError, UnknownLevel, UnknownEnvironment) as error:
        _tell(error)
        sys.exit(Exit.USAGE)
    except OurFailure as error:
        _tell(error)
        sys.exit(Exit.INFRASTRUCTURE)
    except SandboxError as error:
        _tell(error)
        error_console().print("`grader doctor` looks for the cause.")
        sys.exit(Exit.INFRASTRUCTURE)
    except KeyboardInterrupt:
        error_console().print("stopped")
        sys.exit(Exit.STOPPED)


def read_text(path: Path) -> str:
    """The text of a file that the user named.

    Raises:
        WrongUsage: it cannot be read.
    """
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise WrongUsage(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise WrongUsage(f"{path} is no UTF-8 text.") from error


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file that the user asked for, and the folders above it.

    Raises:
        WrongUsage: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        raise WrongUsage(f"{path} cannot be written: {error.strerror}. Choose another --out.") from error


def _tell(error: Exception) -> None:
    error_console().print(f"[bold red]error:[/] {escape(str(error))}", soft_wrap=True)
