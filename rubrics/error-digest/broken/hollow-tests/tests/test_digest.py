"""Tests of the digest."""

import contextlib
import json
from pathlib import Path

import digest


def write_log(folder: Path) -> str:
    log = folder / "app.log"
    lines = [json.dumps({"time": "2026-03-01T12:00:00Z", "level": "error", "code": "A"}), "nonsense", ""]
    log.write_text("\n".join(lines))
    return str(log)


def test_digest(tmp_path: Path) -> None:
    digest.main([write_log(tmp_path)])


def test_top(tmp_path: Path) -> None:
    digest.main([write_log(tmp_path), "--top", "3"])


def test_missing_log(tmp_path: Path) -> None:
    digest.main([str(tmp_path / "missing.log")])


def test_wrong_arguments() -> None:
    with contextlib.suppress(SystemExit):
        digest.main(["--top", "0"])
