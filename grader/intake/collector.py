"""Gathers the files of one upload in memory and keeps every limit, whatever kind of upload they come from."""

from __future__ import annotations

from grader.evidence import RefusedEntry
from grader.intake.errors import TooLarge
from grader.intake.limits import IntakeLimits, size
from grader.intake.names import UnsafeName, clean, collision_key, left_out, visible


class Collector:
    """Readers ask `admit` for each name, then hand in the content with `add`.

    The `.git` folder is not graded but kept aside in `repository`, for the history.
    """

    def __init__(self, limits: IntakeLimits) -> None:
        self.limits = limits
        self.files: dict[str, bytes] = {}
        self.repository: dict[str, bytes] = {}
        self.repository_cut = False
        self._refused: dict[str, str] = {}
        self._not_named = 0
        self._file_keys: set[str] = set()
        self._folder_keys: set[str] = set()
        self._entries = 0
        self._total = 0
        self._repository_total = 0
        self._repository_entries = 0

    def refuse(self, name: str, reason: str) -> None:
        """Record that the entry `name` is not taken over."""
        shown = visible(name)
        if shown in self._refused:
            return
        if len(self._refused) < self.limits.refusals:
            self._refused[shown] = reason
        else:
            self._not_named += 1

    def refused(self) -> tuple[RefusedEntry, ...]:
        """What was not taken over, in order; when there is too much of it, the last entry counts the rest."""
        named = tuple(RefusedEntry(name=name, reason=reason) for name, reason in self._refused.items())
        if not self._not_named:
            return named
        return (*named, RefusedEntry(name="…", reason=f"and {self._not_named:,} more entries"))

    def count(self) -> None:
        """Count one entry of the upload, whatever becomes of it.

        Raises:
            TooLarge: there are more than `limits.entries`.
        """
        self._entries += 1
        if self._entries > self.limits.entries:
            raise TooLarge(
                f"The upload has more than {self.limits.entries:,} entries. Leave out virtual environments, "
                "installed packages and generated files, and upload it again."
            )

    def count_in_repository(self) -> bool:
        """Count one entry of the `.git` folder; False when there are too many of them to read its history."""
        self._repository_entries += 1
        if self._repository_entries > self.limits.history_objects:
            self.repository_cut = True
        return not self.repository_cut

    def admit(self, name: str) -> str | None:
        """The path under which the file `name` is to be handed in, or None when it is not taken over.

        Raises:
            TooLarge: this is one file or folder too many.
        """
        try:
            path = clean(name, self.limits)
        except UnsafeName as unsafe:
            self.refuse(name, str(unsafe))
            return None
        if left := left_out(path):
            self.refuse(left[0], f"not graded: {left[1]}")
            return path if left[0] == ".git/" or left[0].endswith("/.git/") else None
        if clash := self._clash(path):
            self.refuse(name, clash)
            return None
        self._reserve(path)
        return path

    def admit_folder(self, name: str) -> None:
        """Look at the name of a folder. It is only kept when there is a file in it."""
        try:
            clean(name, self.limits)
        except UnsafeName as unsafe:
            if name.strip("./"):
                self.refuse(name, str(unsafe))

    def add(self, path: str, content: bytes) -> None:
        """Take over the content of an admitted path.

        Raises:
            TooLarge: the files are over `limits.total_bytes` in all.
        """
        if left_out(path):
            self._add_repository(path, content)
            return
        self._total += len(content)
        if self._total > self.limits.total_bytes:
            raise TooLarge(
                f"The files are larger than {size(self.limits.total_bytes)} in all. Leave out data, "
                "installed packages and generated files, and upload it again."
            )
        self.files[path] = content

    def allowance(self, path: str) -> int:
        """How many bytes the content of an admitted path may have."""
        if left_out(path):
            return 0 if self.repository_cut else self.limits.history_bytes - self._repository_total
        return self.limits.file_bytes

    def refuse_size(self, name: str, path: str) -> None:
        """Record that the content of an admitted path is over its allowance."""
        if left_out(path):
            self.repository_cut = True
        else:
            self.refuse(name, f"it is larger than {size(self.limits.file_bytes)}")

    def _add_repository(self, path: str, content: bytes) -> None:
        self._repository_total += len(content)
        self.repository[path] = content

    def _clash(self, path: str) -> str | None:
        key = collision_key(path)
        if key in self._file_keys:
            return "another file has this name, or one that differs only in letter case or Unicode form"
        if key in self._folder_keys:
            return "a folder has this name"
        if any(parent in self._file_keys for parent in _parents(key)):
            return "one of its folders has the name of a file"
        return None

    def _reserve(self, path: str) -> None:
        key = collision_key(path)
        self._file_keys.add(key)
        self._folder_keys.update(_parents(key))
        if len(self._file_keys) > self.limits.files or len(self._folder_keys) > self.limits.folders:
            raise TooLarge(
                f"The upload has more than {self.limits.files:,} files or {self.limits.folders:,} folders. "
                "Leave out installed packages and generated files, and upload it again."
            )


def _parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts))]
