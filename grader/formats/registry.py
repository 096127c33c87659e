"""The formats by the names that people type."""

from __future__ import annotations

from types import MappingProxyType

from grader.formats import json_report, junit, sarif, terminal
from grader.formats.html import page
from grader.formats.interface import Format

FORMATS: MappingProxyType[str, Format] = MappingProxyType(
    {
        "text": terminal.render,
        "json": json_report.render,
        "html": page.render,
        "junit": junit.render,
        "sarif": sarif.render,
    }
)

SUFFIXES: MappingProxyType[str, str] = MappingProxyType(
    {"text": ".txt", "json": ".json", "html": ".html", "junit": ".xml", "sarif": ".sarif"}
)
"""How the file of each format is called: `report` + suffix."""
