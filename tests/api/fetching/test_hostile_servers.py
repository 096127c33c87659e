"""Servers that answer as no git server would: slowly, endlessly, with redirects, with lies."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from api.fetching import FetchFailed, FetchLimits, Login, Repository, fetched
from api.hooks.outside import Outside
from api.settings import Outside as Settings
from tests.api.hooks.receiving import (
    Behaviour,
    Got,
    Receiver,
    answer,
    dripping,
    endless,
    receiving,
    reset,
    to_loopback,
)
from tests.grader.intake.test_objects import entry

GREETING = b"000eversion 2\n0010ls-refs=yes\n0012fetch=shallow\n0000"
WANTED = "1" * 40
SMALL = FetchLimits(bytes=2**20, seconds=1.5)
INSULT = "<script>alert(1)</script>\x1b[31m"


def line(content: bytes) -> bytes:
    return b"%04x" % (len(content) + 4) + content


def greets(body: bytes = GREETING, kind: str = "advertisement") -> Behaviour:
    return answer(200, body, **{"Content-Type": f"application/x-git-upload-pack-{kind}"})


def answers(body: bytes) -> Behaviour:
    return greets(body, "result")


def sends(pack: bytes) -> Behaviour:
    """A pack, cut into lines."""
    cut = [line(b"\1" + pack[at : at + 60_000]) for at in range(0, len(pack), 60_000)]
    return answers(line(b"packfile\n") + b"".join(cut) + b"0000")


def pack(*entries: bytes, count: int | None = None) -> bytes:
    body = b"PACK" + struct.pack(">LL", 2, len(entries) if count is None else count) + b"".join(entries)
    return body + hashlib.sha1(body, usedforsecurity=False).digest()


def forever(piece: bytes) -> Behaviour:
    """The beginning of an answer that has no end."""

    def behave(handler: BaseHTTPRequestHandler, got: Got) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/x-git-upload-pack-result")
        handler.end_headers()
        handler.wfile.write(line(b"packfile\n"))
        while True:
            handler.wfile.write(piece)

    return behave


def zlib_bomb() -> bytes:
    """An entry that says that it is small, and is 50 MB."""
    packed = zlib.compress(bytes(50 * 2**20), 9)
    return b"\x33" + packed


BLOB = entry(3, b"x = 1\n")
MOVED = {"Location": "http://169.254.169.254/latest/meta-data/"}

IDEAS: dict[str, tuple[list[Behaviour], str, bool]] = {
    "a redirect to the credentials of the machine": ([answer(302, **MOVED)], "not_allowed", False),
    "a redirect that keeps the method": ([greets(), answer(307, **MOVED)], "not_allowed", False),
    "no entry": ([answer(401)], "refused", False),
    "no entry for this one": ([answer(403)], "refused", False),
    "not here": ([answer(404)], "not_found", False),
    "too often": ([answer(429)], "broken", True),
    "a failure": ([answer(500)], "broken", True),
    "a failure in the middle": ([greets(), answer(503)], "broken", True),
    "a broken connection": ([reset], "broken", True),
    "a broken connection in the middle": ([greets(), reset], "broken", True),
    "a drip": ([dripping], "too_slow", True),
    "a page": ([answer(200, b"<!DOCTYPE html>", **{"Content-Type": "text/html"})], "broken", False),
    "a page without end": ([endless], "broken", False),
    "an old server": ([greets(b"001e# service=git-upload-pack\n0000003f" + b"1" * 40)], "broken", False),
    "a server of files alone": ([greets(f"{WANTED}\trefs/heads/main\n".encode())], "broken", False),
    "a greeting of 10 MB": ([greets(line(b"x" * 60_000) * 170)], "too_large", False),
    "no greeting": ([greets(b"")], "broken", False),
    "no history can be left out": (
        [greets(b"000eversion 2\n0010ls-refs=yes\n000afetch\n0000")],
        "broken",
        False,
    ),
    "an error, in words of its own": ([greets(), answers(line(f"ERR {INSULT}\n".encode()))], "broken", True),
    "a commit that it does not have": (
        [greets(), answers(line(f"ERR upload-pack: not our ref {WANTED}".encode()))],
        "not_found",
        False,
    ),
    "an error within the pack": (
        [greets(), answers(line(b"packfile\n") + line(b"\3" + INSULT.encode()))],
        "broken",
        False,
    ),
    "nothing": ([greets(), answers(b"")], "broken", False),
    "a line cut off": ([greets(), answers(b"000dpackf")], "broken", False),
    "a line of less than nothing": ([greets(), answers(b"0002")], "broken", False),
    "a length that is no number": ([greets(), answers(b"-001x")], "broken", False),
    "a pack without its end": ([greets(), answers(line(b"packfile\n") + line(b"\1PACK"))], "broken", False),
    "no pack": ([greets(), sends(b"")], "broken", False),
    "a pack with a wrong checksum": ([greets(), sends(pack(BLOB)[:-1] + b"\0")], "broken", False),
    "a pack of another version": ([greets(), sends(b"PACK\0\0\0\4" + bytes(28))], "broken", False),
    "a pack that says more than it has": ([greets(), sends(pack(BLOB, count=2))], "broken", False),
    "a pack that has more than it says": ([greets(), sends(pack(BLOB, BLOB, count=1))], "broken", False),
    "a pack that names an object twice": ([greets(), sends(pack(BLOB, BLOB))], "broken", False),
    "a pack that builds on what is elsewhere": (
        [greets(), sends(pack(entry(7, b"\1\1\1x", b"\x22" * 20)))],
        "broken",
        False,
    ),
    "a pack that builds on itself": ([greets(), sends(pack(entry(6, b"\1\1\1x", b"\0")))], "broken", False),
    "a pack of a thousand million objects": ([greets(), sends(pack(BLOB, count=10**9))], "too_large", False),
    "an object that says that it is large": (
        [greets(), sends(pack(entry(3, b"", length=2**33)))],
        "too_large",
        False,
    ),
    "an object that says that it is small": ([greets(), sends(pack(zlib_bomb()))], "too_large", False),
    "a pack without the commit": ([greets(), sends(pack(BLOB))], "not_found", False),
    "a pack without end": ([greets(), forever(line(b"\1" + b"x" * 60_000))], "too_large", False),
    "news without end": ([greets(), forever(line(b"\2" + b"still at it\n" * 5000))], "too_large", False),
}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def failure(receiver: Receiver, wanted: Callable[[str], Repository]) -> FetchFailed:
    """How it fails, after which nothing of the server's is in the message."""
    base = receiver.url.removesuffix("/hook")
    with pytest.raises(FetchFailed) as failed:
        fetched(wanted(f"{base}/work.git"), SMALL, to_loopback(), {f"127.0.0.1:{receiver.port}"})
    assert "script" not in failed.value.message
    assert "\x1b" not in failed.value.message
    assert failed.value.message.endswith(".")
    return failed.value


@pytest.mark.parametrize("idea", IDEAS)
def test_each_answer_has_its_name(receiver: Receiver, idea: str) -> None:
    receiver.behaviours, kind, ours = list(IDEAS[idea][0]), *IDEAS[idea][1:]
    found = failure(receiver, lambda url: Repository(url, commit=WANTED))
    assert (found.kind, found.ours) == (kind, ours), found.message


def test_no_redirect_is_followed_and_no_secret_goes_along(receiver: Receiver) -> None:
    with receiving() as other:
        receiver.behaviours = [answer(302, Location=other.url)]
        failure(receiver, lambda url: Repository(url, commit=WANTED, credential=Login("u", "s3cret")))
        assert other.got == []
    assert len(receiver.got) == 1


@pytest.mark.parametrize(
    "references",
    [
        b"".join(line(b"%040x refs/heads/%d\n" % (n, n)) for n in range(30_000)),
        line(b"1" * 39 + b" HEAD\n"),
        line(b"1" * 40 + b" HEAD symref-target:a b c\x1b \n"),
        line(b"ERR no\n"),
        b"0001",
        b"",
    ],
    ids=["very many that nobody asked for", "short", "odd", "error", "no line", "nothing"],
)
def test_lists_of_branches_are_read_with_care(receiver: Receiver, references: bytes) -> None:
    receiver.behaviours = [greets(), answers(references)]
    found = failure(receiver, Repository)
    assert found.kind in {"broken", "not_found", "too_large"}
    assert len(receiver.got) == 2


def test_a_branch_that_only_begins_like_the_wanted_one_is_not_taken(receiver: Receiver) -> None:
    receiver.behaviours = [greets(), answers(line(WANTED.encode() + b" refs/heads/main2\n") + b"0000")]
    assert failure(receiver, lambda url: Repository(url, ref="main")).kind == "not_found"


def test_private_addresses_are_not_connected_to(receiver: Receiver) -> None:
    """Also when a name resolves to one that the list of hosts allows."""
    wanted = Repository("https://git.example.com/work.git", commit=WANTED)
    closed = Outside(Settings(), lambda *_: ["127.0.0.1"])
    with pytest.raises(FetchFailed, match="this machine") as failed:
        fetched(wanted, SMALL, closed, {"git.example.com"})
    assert failed.value.kind == "not_allowed"


@pytest.mark.parametrize("secret", ["a\r\nx-evil: 1", "a\nb", "ä", "a\0"])
def test_a_token_cannot_carry_another_header(receiver: Receiver, secret: str) -> None:
    found = failure(receiver, lambda url: Repository(url, commit=WANTED, credential=Login("", secret)))
    assert found.kind == "refused"
    assert receiver.got == []
