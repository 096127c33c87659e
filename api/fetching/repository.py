"""What is to be fetched, with what, and how much of it; and whether we go there at all."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from api.fetching.errors import FetchFailed
from api.hooks.outside import LONGEST_URL, NotAllowed, Outside
from grader.intake.limits import IntakeLimits

_UPLOAD: Final = IntakeLimits()
_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
_NO_REFERENCE: Final = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|^[-./]|[./]$|\.lock(/|$)")
"""What no name of a branch or tag holds: git-check-ref-format(1)."""
_LONGEST_REFERENCE: Final = 250
_SSH: Final = re.compile(
    r"(?:ssh://(?:(?P<user>[\w.-]+)@)?(?P<host>[\w.-]+|\[[0-9a-fA-F:.]+\])(?::(?P<port>[0-9]{1,5}))?(?P<path>/.+)"
    r"|(?P<short_user>[\w.-]+)@(?P<short_host>[\w.-]+):(?P<short_path>.+))",
    re.ASCII,
)
_SSH_PATH: Final = re.compile(r"[\w./~+@-]+", re.ASCII)
"""Goes into a command line that a shell at the other end reads."""
_STANDARD_PORTS: Final = {"https": 443, "http": 80, "ssh": 22}


@dataclass(frozen=True)
class Login:
    """For https: HTTP Basic authentication; a bearer token when `user` is empty."""

    user: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class SshKey:
    """For ssh: a private key without a passphrase, and the keys of the hosts that it is shown to."""

    private_key: str = field(repr=False)
    """In OpenSSH or PEM form."""
    known_hosts: str
    """In the form of ssh's known_hosts. A host that is not in it is not talked to."""


Credential: TypeAlias = Login | SshKey


@dataclass(frozen=True)
class Repository:
    """One state of one repository."""

    url: str
    """https://host/path, ssh://user@host/path or user@host:path."""
    commit: str | None = None
    """The full name of the commit (40 digits)."""
    ref: str | None = None
    """Where no commit is given: a branch, a tag or a full name (refs/…). Without it, the default branch."""
    credential: Credential | None = None


@dataclass(frozen=True)
class FetchLimits:
    """How much is fetched. As it becomes an upload, the limits are those of uploads."""

    bytes: int = _UPLOAD.archive_bytes
    """Of what comes over the network, and of the archive that is made of it."""
    files: int = _UPLOAD.entries
    """Files and folders of the commit."""
    seconds: float = 60.0
    """For everything."""
    depth: int = _UPLOAD.history_commits + 1
    """Commits along one line of the history, the one that is asked for included."""


@dataclass(frozen=True)
class Place:
    """A repository's address, taken apart."""

    scheme: str
    user: str
    host: str
    port: int
    path: str


def place_of(repository: Repository, outside: Outside, hosts: Collection[str]) -> Place:
    """Where a repository is. Nothing is asked of anybody.

    `hosts`: what may be connected to, as `host` (with the standard port) or `host:port`.

    Raises:
        FetchFailed: not_allowed, with the reason.
    """
    found = _ssh_place(repository.url) or _http_place(repository.url, outside)
    name = f"{found.host}:{found.port}"
    if found.port == _STANDARD_PORTS[found.scheme]:
        name = found.host
    allowed = {host.strip().lower() for host in hosts}
    if name not in allowed and f"{found.host}:{found.port}" not in allowed:
        raise FetchFailed(
            "not_allowed",
            f"It would be fetched from {name}, which is no place that repositories are fetched from here.",
        )
    wanted = SshKey if found.scheme == "ssh" else Login
    if repository.credential is not None and not isinstance(repository.credential, wanted):
        raise FetchFailed("not_allowed", f"The credential does not fit an address with {found.scheme}://.")
    if found.scheme == "ssh" and repository.credential is None:
        raise FetchFailed("not_allowed", "An address with ssh:// needs a key, and the keys of the host.")
    _check_state(repository)
    return found


def _http_place(url: str, outside: Outside) -> Place:
    try:
        parts = outside.check(url)
    except NotAllowed as error:
        raise FetchFailed("not_allowed", str(error)) from error
    if "?" in url or not parts.path.strip("/"):
        raise FetchFailed("not_allowed", "The address names no repository: https://host/path is wanted.")
    port = parts.port or _STANDARD_PORTS[parts.scheme]
    return Place(parts.scheme, "", (parts.hostname or "").lower(), port, parts.path.rstrip("/"))


def _ssh_place(url: str) -> Place | None:
    found = _SSH.fullmatch(url) if len(url) <= LONGEST_URL else None
    if found is None:
        return None
    user = found["user"] or found["short_user"] or "git"
    host = (found["host"] or found["short_host"]).strip("[]").lower()
    path = found["path"] or found["short_path"]
    port = int(found["port"] or _STANDARD_PORTS["ssh"])
    if not _SSH_PATH.fullmatch(path) or path.startswith("-") or user.startswith("-") or host.startswith("-"):
        raise FetchFailed(
            "not_allowed", "The path of an ssh address is of letters, digits and ._~+@/- alone."
        )
    if not 0 < port < 2**16:
        raise FetchFailed("not_allowed", "The address names no port.")
    return Place("ssh", user, host, port, path)


def _check_state(repository: Repository) -> None:
    commit, ref = repository.commit, repository.ref
    if commit is not None and not _COMMIT.fullmatch(commit):
        raise FetchFailed("not_found", "A commit is named by all of its 40 digits, in lower case.")
    if ref is not None and (not ref or len(ref) > _LONGEST_REFERENCE or _NO_REFERENCE.search(ref)):
        raise FetchFailed("not_found", "No branch or tag can have this name.")
