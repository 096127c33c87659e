"""How commands fail: one line or a few on the error stream, and an exit status that scripts can rely on.

    0  done; every submission was graded
    1  done, but a check failed or a score is below --fail-under
    2  wrong usage: a file, folder, take-home or option that is not there or not right
    3  at least one submission is ungradable
    4  our side failed: engine, images, sandbox; nothing is known about the submission
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

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


def error_console() -> Console:
    """The console for messages that are not results."""
    return Console(stderr=True, highlight=False)


@contextmanager
def told() -> Iterator[None]:
    """Turn the errors that a user can cause or mend into a message and an exit status."""
    try:
        yield
    except (TakehomeError, SourceError, IntakeError, UnknownLevel, UnknownEnvironment) as error:
        _tell(error)
        sys.exit(Exit.USAGE)
    except SandboxError as error:
        _tell(error)
        sys.exit(Exit.INFRASTRUCTURE)
    except KeyboardInterrupt:
        error_console().print("stopped")
        sys.exit(130)


def _tell(error: Exception) -> None:
    error_console().print(f"[bold red]error:[/] {escape(str(error))}")
