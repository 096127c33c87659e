"""Bytes by their sha256: uploads and published take-homes. Files on this machine, or any S3-compatible storage.

Putting the same bytes twice is putting them once. When `put` has returned, the bytes survive a crash: files are
written beside their place, synced, and moved into it; object_store, which `obstore` wraps, does not sync.
"""

from __future__ import annotations

import hashlib
import math
import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import S3Store

PARTIAL: Final = ".part-"
"""How the names of files begin that are being written."""


class BlobMissing(Exception):
    """No such bytes in the store."""


class BlobsUnavailable(Exception):
    """The store does not answer or does not take the bytes. Nothing was stored."""


class Blobs(Protocol):
    """A store of bytes. Names are plain: letters, digits, `-` and `/`; for content the sha256 in hex."""

    def put(self, name: str, data: bytes) -> None:
        """Store `data` durably under `name`. What is there already is replaced.

        Raises:
            BlobsUnavailable: it could not be stored.
        """
        ...

    def get(self, name: str) -> bytes:
        """The bytes under `name`.

        Raises:
            BlobMissing: there are none.
            BlobsUnavailable: the store does not answer.
        """
        ...

    def delete(self, name: str) -> None:
        """Remove `name`; nothing happens where it is not there."""
        ...

    def names(self) -> Iterator[str]:
        """All names in the store."""
        ...

    def stored_at(self, name: str) -> datetime | None:
        """When `name` was last put, by the store's clock; None where it is not there.

        Raises:
            BlobsUnavailable: the store does not answer.
        """
        ...

    def remove_partial(self, before: datetime) -> int:
        """Remove what was left by processes that died while they stored something; returns how many."""
        ...

    def free_bytes(self) -> int | None:
        """Space that is left; None where that cannot be asked."""
        ...


def open_blobs(url: str, folder: Path) -> Blobs:
    """The store that `url` names, or files in `folder` where it is empty.

    Raises:
        BlobsUnavailable: the URL is not one that we know.
    """
    if not url:
        return FileBlobs(folder)
    parts = urlsplit(url)
    if parts.scheme != "s3" or not parts.netloc:
        raise BlobsUnavailable(
            f"GRADER_BLOB_URL is {url}: it must look like s3://bucket/prefix, or be empty."
        )
    return S3Blobs(parts.netloc, parts.path.strip("/"))


def put_content(blobs: Blobs, data: bytes) -> str:
    """Store `data` under its sha256, and return that."""
    digest = hashlib.sha256(data).hexdigest()
    blobs.put(digest, data)
    return digest


class FileBlobs:
    """Files in a folder, spread over 256 folders by the first two characters of their names."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _path(self, name: str) -> Path:
        if not name or name.startswith(("/", ".")) or ".." in name:
            raise BlobMissing(name)
        return self._folder / name[:2] / name.replace("/", "_")

    def put(self, name: str, data: bytes) -> None:
        """See `Blobs.put`."""
        path = self._path(name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=PARTIAL)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                Path(temporary).replace(path)
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise
            _sync(path.parent)
        except OSError as error:
            raise BlobsUnavailable(f"{self._folder}: {error.strerror}") from error

    def get(self, name: str) -> bytes:
        """See `Blobs.get`."""
        try:
            return self._path(name).read_bytes()
        except FileNotFoundError as error:
            raise BlobMissing(name) from error
        except OSError as error:
            raise BlobsUnavailable(f"{self._folder}: {error.strerror}") from error

    def delete(self, name: str) -> None:
        """See `Blobs.delete`."""
        self._path(name).unlink(missing_ok=True)

    def names(self) -> Iterator[str]:
        """See `Blobs.names`."""
        for path in sorted(self._folder.glob("??/*")):
            if not path.name.startswith(PARTIAL):
                yield path.name.replace("_", "/")

    def stored_at(self, name: str) -> datetime | None:
        """See `Blobs.stored_at`."""
        try:
            return datetime.fromtimestamp(self._path(name).stat().st_mtime, UTC)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise BlobsUnavailable(f"{self._folder}: {error.strerror}") from error

    def remove_partial(self, before: datetime) -> int:
        """See `Blobs.remove_partial`."""
        left = [path for path in self._folder.glob(f"??/{PARTIAL}*") if _modified(path) < before.timestamp()]
        for path in left:
            path.unlink(missing_ok=True)
        return len(left)

    def free_bytes(self) -> int | None:
        """See `Blobs.free_bytes`."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return shutil.disk_usage(self._folder).free


class S3Blobs:
    """Objects in a bucket. Credentials, region and endpoint come from the usual AWS_* variables."""

    def __init__(self, bucket: str, prefix: str, **options: Any) -> None:
        self._store = S3Store(bucket, prefix=prefix or None, **options)

    def put(self, name: str, data: bytes) -> None:
        """See `Blobs.put`."""
        try:
            obstore.put(self._store, name, data)
        except (BaseError, FileNotFoundError) as error:  # the bucket itself is not there
            raise BlobsUnavailable(f"object storage: {error}") from error

    def get(self, name: str) -> bytes:
        """See `Blobs.get`."""
        try:
            return bytes(obstore.get(self._store, name).bytes())
        except (NotFoundError, FileNotFoundError) as error:
            if "NoSuchBucket" in str(error):
                raise BlobsUnavailable(f"object storage: {error}") from error
            raise BlobMissing(name) from error
        except BaseError as error:
            raise BlobsUnavailable(f"object storage: {error}") from error

    def delete(self, name: str) -> None:
        """See `Blobs.delete`."""
        try:
            obstore.delete(self._store, name)
        except (NotFoundError, FileNotFoundError):
            return
        except BaseError as error:
            raise BlobsUnavailable(f"object storage: {error}") from error

    def names(self) -> Iterator[str]:
        """See `Blobs.names`."""
        try:
            for page in obstore.list(self._store):
                for found in page:
                    yield found["path"]
        except (BaseError, FileNotFoundError) as error:
            raise BlobsUnavailable(f"object storage: {error}") from error

    def stored_at(self, name: str) -> datetime | None:
        """See `Blobs.stored_at`."""
        try:
            return obstore.head(self._store, name)["last_modified"]
        except (NotFoundError, FileNotFoundError):
            return None
        except BaseError as error:
            raise BlobsUnavailable(f"object storage: {error}") from error

    def remove_partial(self, before: datetime) -> int:
        """See `Blobs.remove_partial`. Parts of uploads are removed by a lifecycle rule of the bucket."""
        del before
        return 0

    def free_bytes(self) -> int | None:
        """See `Blobs.free_bytes`. Asked by /readyz, so it finds out whether the bucket answers."""
        try:
            next(iter(obstore.list(self._store, chunk_size=1)), None)
        except (BaseError, FileNotFoundError) as error:
            raise BlobsUnavailable(f"object storage: {error}") from error
        return None


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # moved into its place a moment ago
        return math.inf


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
