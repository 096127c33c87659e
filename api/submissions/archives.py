"""The bytes of a submission, and the files in them."""

from __future__ import annotations

from api.blobs import BlobMissing, Blobs, BlobsUnavailable
from api.problems import Busy, Gone
from api.submissions.states import State
from api.submissions.tables import Submission
from api.takehomes.shelf import Shelf
from grader.intake.errors import IntakeError
from grader.intake.submission import take_bytes

SUFFIXES = {b"PK": ".zip", b"\x1f\x8b": ".tar.gz", b"BZh": ".tar.bz2", b"\xfd7zXZ": ".tar.xz"}


def archive_of(blobs: Blobs, submission: Submission) -> bytes:
    """The bytes as they were uploaded.

    Raises:
        Gone: they were deleted.
        Busy: the store does not answer.
    """
    if submission.state == State.DELETED:
        raise Gone("The files of this submission were deleted.")
    try:
        return blobs.get(submission.blob)
    except BlobMissing as missing:
        raise Gone("The files of this submission are not in the store any more.") from missing
    except BlobsUnavailable as error:
        raise Busy("The store of uploads does not answer. Try again.", retry_after=30) from error


def suffix_of(data: bytes) -> str:
    """What the bytes are, whatever their name said."""
    return next((suffix for start, suffix in SUFFIXES.items() if data.startswith(start)), ".bin")


def files_of(blobs: Blobs, shelf: Shelf, submission: Submission) -> dict[str, bytes]:
    """The files of a submission as they were graded; none where the upload holds none that can be read.

    `submission.suite` must be loaded.

    Raises:
        Gone, Busy: see `archive_of`.
    """
    data = archive_of(blobs, submission)
    takehome = shelf.takehome(submission.suite)
    try:
        taken = take_bytes(
            data, submission.file_name, modules=takehome.spec.modules, starter=takehome.starter
        )
    except IntakeError:
        return {}  # the report says why the upload cannot be judged
    return taken.files
