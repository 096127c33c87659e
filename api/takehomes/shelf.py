"""Published take-homes, unpacked on this machine for whoever reads or grades with them. Only a cache: blobs decide."""

from __future__ import annotations

import shutil
import tempfile
import threading
from pathlib import Path

from api.blobs import Blobs
from api.takehomes.packing import unpack, write
from api.takehomes.tables import SuiteVersion
from grader.takehome import Takehome, load

MOST = 64
"""Loaded take-homes that are kept in memory."""


class Shelf:
    """Loads suite versions. Serves any number of threads."""

    def __init__(self, blobs: Blobs, folder: Path) -> None:
        self._blobs = blobs
        self._folder = folder
        self._loaded: dict[str, Takehome] = {}
        self._lock = threading.Lock()

    def takehome(self, suite: SuiteVersion) -> Takehome:
        """The take-home of a version; its rubric is the one that it was published with.

        Raises:
            BlobMissing: its archive is gone from the store.
            BlobsUnavailable: the store does not answer.
        """
        return self.by_blob(suite.blob)

    def by_blob(self, blob: str) -> Takehome:
        """As `takehome`, by the archive's digest."""
        with self._lock:
            if blob not in self._loaded:
                if len(self._loaded) >= MOST:
                    self._loaded.pop(next(iter(self._loaded)))
                self._loaded[blob] = load(self._unpacked(blob))
            return self._loaded[blob]

    def _unpacked(self, blob: str) -> Path:
        folder = self._folder / blob
        if not folder.is_dir():
            self._folder.mkdir(parents=True, exist_ok=True)
            files = unpack(self._blobs.get(blob))
            making = Path(tempfile.mkdtemp(dir=self._folder, prefix=".making-"))
            write(files, making)
            try:
                making.rename(folder)
            except OSError:  # another process was quicker
                shutil.rmtree(making)
                if not folder.is_dir():
                    raise
        return folder
