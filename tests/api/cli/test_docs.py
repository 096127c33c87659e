"""Documents that show the command line are what the command line says."""

from __future__ import annotations

from pathlib import Path

from api.cli import manual

ROOT = Path(__file__).resolve().parents[3]


def test_the_manual_is_what_help_says() -> None:
    """`python -m api.cli.manual > docs/cli.md` after a change."""
    assert (ROOT / "docs" / "cli.md").read_text("utf-8") == manual.text()


def test_every_option_is_explained() -> None:
    """`--help` texts are all that a stranger has."""
    lines = manual.text().splitlines()
    for number, line in enumerate(lines):
        if line.startswith("  -"):
            explained = len(line.split("  ")) > 2 or lines[number + 1].startswith(" " * 20)
            assert explained, line
