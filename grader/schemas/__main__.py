"""Writes the schemas into this folder: `python -m grader.schemas`."""

from __future__ import annotations

from pathlib import Path

from grader.schemas import texts

for name, text in texts().items():
    (Path(__file__).parent / name).write_text(text, encoding="utf-8")
