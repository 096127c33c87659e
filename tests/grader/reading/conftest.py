"""A folder full of text, read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grader.reading import read

Read = Callable[..., dict[str, Any]]


@pytest.fixture
def read_files(tmp_path: Path) -> Read:
    """Read a submission given as {path: text or bytes}, with any options."""

    def reader(files: dict[str, str | bytes], **options: Any) -> dict[str, Any]:
        for path, content in files.items():
            target = tmp_path / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read(str(tmp_path), options)

    return reader
