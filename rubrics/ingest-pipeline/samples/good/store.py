"""The folder of results. What is after the last checkpoint was left by a run that was stopped, and is cut off."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO


@dataclass
class Progress:
    """How far the source has been processed, and how much of the results belongs to that."""

    line: int = 0
    offset: int = 0
    accepted: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    accepted_bytes: int = 0
    rejected_bytes: int = 0

    @property
    def read(self) -> int:
        """Records that were accepted or rejected."""
        return self.accepted + self.rejected.total()

    def __str__(self) -> str:
        return f"{self.read} read, {self.accepted} accepted, {self.rejected.total()} rejected"


@dataclass(frozen=True)
class Chunk:
    """Takes the records of one chunk."""

    accepted_file: BinaryIO
    rejected_file: BinaryIO
    progress: Progress

    def accept(self, fields: dict[str, str]) -> None:
        """Keep a record."""
        self.accepted_file.write(_json_line(fields))
        self.progress.accepted += 1

    def reject(self, line: int, reason: str, raw: str) -> None:
        """Put a record aside."""
        self.rejected_file.write(_json_line({"line": line, "reason": reason, "raw": raw}))
        self.progress.rejected[reason] += 1


class Store:
    """Accepted and rejected records in a folder, with a checkpoint after each chunk."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._summary = folder / "summary.json"
        self._checkpoint = folder / "checkpoint.json"
        self._accepted = folder / "accepted.jsonl"
        self._rejected = folder / "rejected.jsonl"
        self.progress = self._last_progress()

    def _last_progress(self) -> Progress:
        try:
            fields = json.loads(self._checkpoint.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return Progress()
        return Progress(**fields | {"rejected": Counter(fields["rejected"])})

    @property
    def is_finished(self) -> bool:
        """Whether all of the source was processed."""
        return self._summary.is_file()

    def accepted_ids(self) -> Iterator[str]:
        """Give the ids that were accepted up to the last checkpoint."""
        if self.progress.accepted:
            with self._accepted.open("rb") as file:
                for _, line in zip(range(self.progress.accepted), file, strict=False):
                    yield json.loads(line)["id"]

    @contextmanager
    def chunk(self) -> Iterator[Chunk]:
        """Write one chunk: at the end it is on the disk, with a checkpoint behind it."""
        with (
            _opened(self._accepted, self.progress.accepted_bytes) as accepted,
            _opened(self._rejected, self.progress.rejected_bytes) as rejected,
        ):
            yield Chunk(accepted, rejected, self.progress)
            for file in (accepted, rejected):
                file.flush()
                os.fsync(file.fileno())
            self.progress.accepted_bytes = accepted.tell()
            self.progress.rejected_bytes = rejected.tell()
        _replace(self._checkpoint, vars(self.progress))

    def finish(self) -> None:
        """Write the summary: nothing is left to do."""
        with self.chunk():
            pass  # without any record, both files would not be there
        progress = self.progress
        _replace(
            self._summary,
            {"read": progress.read, "accepted": progress.accepted, "rejected": dict(progress.rejected)},
        )


def _json_line(fields: dict[str, object] | dict[str, str]) -> bytes:
    return json.dumps(fields).encode() + b"\n"


@contextmanager
def _opened(path: Path, size: int) -> Iterator[BinaryIO]:
    """Open a file for more, without what is after its first `size` bytes."""
    with path.open("ab") as file:
        file.truncate(size)
        file.seek(size)
        yield file


def _replace(path: Path, fields: dict[str, object]) -> None:
    """Write a whole file or none of it."""
    whole = path.with_suffix(".new")
    with whole.open("wb") as file:
        file.write(_json_line(fields))
        file.flush()
        os.fsync(file.fileno())
    whole.replace(path)

