"""Documents that show the command line say what the command line does."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from api.cli import manual
from api.cli.app import app

ROOT = Path(__file__).resolve().parents[3]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def test_the_manual_is_what_help_says() -> None:
    """`python -m api.cli.manual > docs/cli.md` after a change."""
    assert (ROOT / "docs" / "cli.md").read_text("utf-8") == manual.text()


def commands(page: Path) -> Iterator[list[str]]:
    """What a reader of `page` would type after `grader`, in blocks of code."""
    for block in re.findall(r"^```\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            words = shlex.split(line, comments=True) if line.startswith("grader ") else []
            if words:
                yield words[1:]


def understood(words: list[str]) -> bool:
    """Whether the parser takes `words`, without running anything."""
    command: Any = typer.main.get_command(app)
    context = command.context_class(command)
    while hasattr(command, "commands"):
        command, words = command.commands[words[0]], words[1:]
    context = command.make_context(command.name, list(words), parent=context)
    return bool(context)


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.name != "cli.md"], ids=lambda page: page.name
)
def test_every_command_that_is_shown_can_be_typed(page: Path) -> None:
    """A command that fails is the first thing that a new reader meets."""
    for words in commands(page):
        assert understood(words), words


def test_the_readme_shows_commands() -> None:
    """The test above must have something to look at."""
    assert len(list(commands(ROOT / "README.md"))) >= 6


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    """Files move; pages do not notice."""
    targets = [link for link in LINK.findall(page.read_text("utf-8")) if "://" not in link]
    assert [link for link in targets if not (page.parent / link).exists()] == []


def test_the_readme_is_short() -> None:
    """One sentence, a run, its output; the rest is elsewhere."""
    lines = (ROOT / "README.md").read_text("utf-8").splitlines()
    assert len(lines) <= 150
    assert lines[2].endswith(".")
