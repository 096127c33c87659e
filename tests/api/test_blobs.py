"""One contract for both stores of bytes, and what a crash may leave behind."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.blobs import (
    BlobMissing,
    Blobs,
    BlobsUnavailable,
    FileBlobs,
    S3Blobs,
    open_blobs,
    put_content,
)
from tests.api.conftest import new_bucket

LARGE = 24 * 2**20


def bucket_on(address: str, prefix: str = "grader") -> S3Blobs:
    """A store in a bucket of its own."""
    return bucket(address, new_bucket(address), prefix)


def bucket(address: str, name: str, prefix: str = "grader", *, retries: int = 8) -> S3Blobs:
    return S3Blobs(
        name,
        prefix,
        endpoint=address,
        access_key_id="k",
        secret_access_key="s",
        region="us-east-1",
        client_options={"allow_http": True, "timeout": "5s"},
        retry_config={"max_retries": retries, "retry_timeout": timedelta(seconds=10)},
    )


@pytest.fixture(params=["files", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    """Each store in turn."""
    if request.param == "files":
        return FileBlobs(tmp_path / "blobs")
    return bucket_on(request.getfixturevalue("s3"))


def test_what_was_put_is_got(blobs: Blobs) -> None:
    for data in (b"", b"\0\xff", b"x" * 1000):
        assert blobs.get(put_content(blobs, data)) == data


def test_large_content_comes_back_whole(blobs: Blobs) -> None:
    data = os.urandom(2**20) * (LARGE // 2**20)

    assert blobs.get(put_content(blobs, data)) == data


def test_putting_twice_is_putting_once(blobs: Blobs) -> None:
    assert put_content(blobs, b"same") == put_content(blobs, b"same")

    assert len(list(blobs.names())) == 1


def test_the_last_put_wins(blobs: Blobs) -> None:
    blobs.put("uploads/a/0", b"old")
    blobs.put("uploads/a/0", b"new")

    assert blobs.get("uploads/a/0") == b"new"


def test_what_is_not_there_is_missing(blobs: Blobs) -> None:
    with pytest.raises(BlobMissing):
        blobs.get("0" * 64)
    assert blobs.stored_at("0" * 64) is None
    blobs.delete("0" * 64)


def test_what_was_deleted_is_missing(blobs: Blobs) -> None:
    name = put_content(blobs, b"x")
    blobs.delete(name)

    with pytest.raises(BlobMissing):
        blobs.get(name)
    assert list(blobs.names()) == []


def test_names_come_back_as_they_were_given(blobs: Blobs) -> None:
    given = {put_content(blobs, b"a"), "uploads/0197-ab/0", "uploads/0197-ab/1"}
    for name in given:
        blobs.put(name, b"a")

    assert set(blobs.names()) == given


def test_an_empty_store_has_no_names(blobs: Blobs) -> None:
    assert list(blobs.names()) == []


def test_the_store_says_when_something_was_put(blobs: Blobs) -> None:
    name = put_content(blobs, b"x")

    stored = blobs.stored_at(name)

    assert stored is not None
    assert abs(datetime.now(UTC) - stored) < timedelta(seconds=30)


def test_many_may_put_the_same_at_once(blobs: Blobs) -> None:
    data = os.urandom(200_000)
    with ThreadPoolExecutor(8) as threads:
        names = set(threads.map(lambda _: put_content(blobs, data), range(16)))

    (name,) = names
    assert blobs.get(name) == data
    assert list(blobs.names()) == [name]


def _put_for_ever(make: Callable[[], Blobs], ready: Path) -> None:
    store, data = make(), b"y" * LARGE
    ready.touch()
    while True:
        store.put("a" * 64, data)


def test_a_process_that_is_killed_leaves_nothing_half(
    blobs: Blobs, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    del request
    fork = multiprocessing.get_context("fork")
    if isinstance(blobs, S3Blobs):
        pytest.skip(
            "object storage shows an object when all of it has arrived; forked clients cannot be used"
        )
    for number in range(4):
        ready = tmp_path / f"ready-{number}"
        process = fork.Process(target=_put_for_ever, args=(lambda: blobs, ready))
        process.start()
        while not ready.exists():
            time.sleep(0.005)
        time.sleep(0.03 * (number + 1))
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        assert set(blobs.names()) <= {"a" * 64}
        try:
            assert len(blobs.get("a" * 64)) == LARGE
        except BlobMissing:
            assert list(blobs.names()) == []


# -- files --------------------------------------------------------------------------------------------


def test_a_crash_between_writing_and_renaming_shows_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FileBlobs(tmp_path)
    order: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def noted_fsync(descriptor: int) -> None:
        kind = "folder" if Path(f"/proc/self/fd/{descriptor}").resolve().is_dir() else "file"
        order.append(f"fsync {kind}")
        fsync(descriptor)

    def noted_replace(self: Path, target: Path) -> Path:
        order.append("rename")
        assert list(store.names()) == [], "nothing is seen before the rename"
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(Path, "replace", noted_replace)
    put_content(store, b"x")

    assert order == ["fsync file", "rename", "fsync folder"]


def test_what_a_crash_left_is_invisible_and_removed_after_a_while(tmp_path: Path) -> None:
    store = FileBlobs(tmp_path)
    name = put_content(store, b"x")
    left = tmp_path / name[:2] / ".part-left"
    left.write_bytes(b"half")
    now = datetime.now(UTC)

    assert list(store.names()) == [name]
    assert store.remove_partial(now - timedelta(hours=1)) == 0
    assert store.remove_partial(now + timedelta(hours=1)) == 1
    assert not left.exists()
    assert store.get(name) == b"x"


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../x", "a/../../x", ".part-x"])
def test_names_stay_in_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(BlobMissing):
        FileBlobs(tmp_path).put(name, b"x")


def test_a_disk_that_takes_nothing_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    store = FileBlobs(tmp_path / "file")

    with pytest.raises(BlobsUnavailable, match="Not a directory"):
        put_content(store, b"x")


def test_files_know_the_space_left(tmp_path: Path) -> None:
    free = FileBlobs(tmp_path / "new").free_bytes()

    assert free is not None
    assert free > 0


# -- object storage -----------------------------------------------------------------------------------


def test_a_prefix_keeps_stores_of_one_bucket_apart(s3: str) -> None:
    name = new_bucket(s3)
    one, two = bucket(s3, name, "one"), bucket(s3, name, "two")
    name = put_content(one, b"x")

    assert list(two.names()) == []
    with pytest.raises(BlobMissing):
        two.get(name)


def test_storage_that_does_not_answer_is_unavailable_and_not_missing() -> None:
    store = bucket("http://127.0.0.1:9", "nowhere", retries=0)

    for call in (
        lambda: store.put("a", b"x"),
        lambda: store.get("a"),
        lambda: store.delete("a"),
        lambda: list(store.names()),
        lambda: store.stored_at("a"),
        store.free_bytes,
    ):
        with pytest.raises(BlobsUnavailable):
            call()


def test_a_bucket_that_is_not_there_is_unavailable(s3: str) -> None:
    store = bucket(s3, "no-such-bucket")

    with pytest.raises(BlobsUnavailable):
        store.put("a", b"x")
    with pytest.raises(BlobsUnavailable):
        store.get("a")
    with pytest.raises(BlobsUnavailable):
        store.free_bytes()


@pytest.mark.parametrize("url", ["gs://x", "s3://", "/var/blobs", "http://x"])
def test_other_addresses_are_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(BlobsUnavailable, match="it must look like s3://bucket/prefix"):
        open_blobs(url, tmp_path)


def test_no_address_means_files(tmp_path: Path) -> None:
    assert isinstance(open_blobs("", tmp_path), FileBlobs)
