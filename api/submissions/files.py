"""The files of submissions, taken from the uploaded bytes and kept for a while: reviewers turn many pages of one."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Final

from api.blobs import BlobMissing, Blobs, BlobsUnavailable
from api.problems import Busy, Gone
from api.submissions.states import State
from api.submissions.tables import Submission
from api.takehomes.shelf import Shelf
from api.takehomes.tables import SuiteVersion
from grader.intake.errors import IntakeError
from grader.intake.submission import take_bytes
from grader.takehome import Takehome

Files = Mapping[str, bytes]
MOST: Final = 32
"""Submissions that are kept."""
MOST_BYTES: Final = 64 * 2**20
"""Of all files that are kept."""


class SubmittedFiles:
    """Files by submission. Serves any number of threads."""

    def __init__(self, blobs: Blobs, shelf: Shelf) -> None:
        self._blobs = blobs
        self._shelf = shelf
        self._kept: OrderedDict[tuple[str, str, str], Files] = OrderedDict()
        self._lock = threading.Lock()

    def upload(self, submission: Submission) -> bytes:
        """The bytes as they came in.

        Raises:
            Gone: they were deleted.
            Busy: the store does not answer.
        """
        if submission.state == State.DELETED:
            raise Gone("The data of this submission was deleted.")
        try:
            return self._blobs.get(submission.blob)
        except BlobMissing as missing:
            raise Gone("The uploaded bytes are no longer in the store.") from missing
        except BlobsUnavailable as silent:
            raise Busy("The store of the uploads does not answer. Try again.", retry_after=10) from silent

    def of(self, submission: Submission, suite: SuiteVersion) -> Files:
        """The files by path, as they were graded. Empty where the upload cannot be taken over.

        Raises:
            Gone: they were deleted.
            Busy: the store does not answer.
        """
        key = (submission.blob, submission.file_name, suite.blob)
        with self._lock:
            if key in self._kept and submission.state != State.DELETED:
                self._kept.move_to_end(key)
                return self._kept[key]
        data, takehome = self.upload(submission), self.takehome(suite)
        try:
            intake = take_bytes(
                data, submission.file_name, modules=takehome.spec.modules, starter=takehome.starter
            )
            files: Files = intake.files
        except IntakeError:
            files = {}  # the report of it is "ungradable", with this very reason
        with self._lock:
            self._kept[key] = files
            while len(self._kept) > MOST or (len(self._kept) > 1 and self._bytes() > MOST_BYTES):
                self._kept.popitem(last=False)
        return files

    def takehome(self, suite: SuiteVersion) -> Takehome:
        """The take-home of a version.

        Raises:
            Gone: its archive was deleted.
            Busy: the store does not answer.
        """
        try:
            return self._shelf.takehome(suite)
        except BlobMissing as missing:
            raise Gone("The published take-home is no longer in the store.") from missing
        except BlobsUnavailable as silent:
            raise Busy("The store of the take-homes does not answer. Try again.", retry_after=10) from silent

    def _bytes(self) -> int:
        return sum(len(content) for files in self._kept.values() for content in files.values())
