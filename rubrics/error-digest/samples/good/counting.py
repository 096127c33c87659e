"""Counting errors of a moving window with bounded memory."""

from collections import Counter
from datetime import datetime, timedelta

from entries import Entry

PRUNE_AT_LEAST = 1000


class RecentErrors:
    """Errors of the window that ends with the newest entry."""

    def __init__(self, window: timedelta) -> None:
        self.window = window
        self.newest: datetime | None = None
        self.errors: list[Entry] = []
        self.prune_at = PRUNE_AT_LEAST

    def add(self, entry: Entry) -> None:
        """Count one more entry."""
        if self.newest is None or entry.time > self.newest:
            self.newest = entry.time
        if entry.code and self.in_window(entry):
            self.errors.append(entry)
            if len(self.errors) >= self.prune_at:
                self.prune()

    def in_window(self, entry: Entry) -> bool:
        """Tell whether an entry is young enough."""
        return self.newest is not None and self.newest - entry.time < self.window

    def prune(self) -> None:
        """Drop what became too old; next time when the list has doubled, so that this stays cheap."""
        self.errors = [entry for entry in self.errors if self.in_window(entry)]
        self.prune_at = max(PRUNE_AT_LEAST, 2 * len(self.errors))

    def ranking(self) -> list[tuple[str, int]]:
        """List codes and counts, most frequent first."""
        self.prune()
        counts = Counter(entry.code for entry in self.errors)
        return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
