"""The reference of the command line, made from what `--help` says: `python -m api.cli.manual > docs/cli.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, Final

import typer

from api.cli import failures
from api.cli.app import app

WIDTH: Final = 100
_OPENING: Final = """\
# The command line

Made from `--help` by `python -m api.cli.manual`; a test compares the two.

Results go to the standard output, progress and messages to the error stream. What became of it is the exit status:
"""


def text() -> str:
    """The page, in Markdown."""
    statuses = (failures.__doc__ or "").partition("\n\n")[2].strip()
    return "\n".join([_OPENING, statuses, *_sections(typer.main.get_command(app), ("grader",), None)]) + "\n"


def _sections(command: Any, words: tuple[str, ...], parent: Any) -> Iterator[str]:
    """One section for each command, those with sub-commands first."""
    context = command.context_class(
        command, info_name=words[-1], parent=parent, terminal_width=WIDTH, max_content_width=WIDTH
    )
    yield f"\n## {' '.join(words)}\n\n```\n{command.get_help(context).rstrip()}\n```"
    for name, child in getattr(command, "commands", {}).items():
        yield from _sections(child, (*words, name), context)


if __name__ == "__main__":
    sys.stdout.write(text())
