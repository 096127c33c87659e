"""Every bound on an upload, by name. Sizes are bytes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class IntakeLimits:
    """What an upload may be. The files and folders together stay below the inodes of a candidate box."""

    archive_bytes: int = 20 * 2**20
    """The archive as it was sent."""
    stream_bytes: int = 200 * 2**20
    """A tar archive after decompression, with what is then left out (caches, virtual environments …)."""
    total_bytes: int = 20 * 2**20
    """All files that are taken over."""
    file_bytes: int = 5 * 2**20
    """One file. A larger one is refused, the others are taken."""
    files: int = 2000
    folders: int = 1000
    entries: int = 20_000
    """Members of an archive or entries of a folder, refused ones included."""
    path_bytes: int = 512
    part_bytes: int = 200
    """One part of a path."""
    depth: int = 20
    """Parts of a path."""
    ratio: float = 500.0
    """Expanded size to compressed size, looked at from `ratio_from` expanded bytes on."""
    ratio_from: int = 2**20
    decoder_bytes: int = 128 * 2**20
    """Working memory of the xz decoder; `xz -9` needs 65 MB."""
    refusals: int = 200
    """Refused entries that are named one by one; the rest is counted."""
    history_bytes: int = 20 * 2**20
    """The `.git` folder. The history of a larger one is not read."""
    history_objects: int = 20_000
    """Objects that may be read from a repository."""
    history_commits: int = 500
    """Commits that are listed."""
    history_compared_bytes: int = 50 * 2**20
    """Read of a repository to count what commits change; where it is used up, older commits have no sizes."""
    message_characters: int = 500
    """Kept of one commit message."""


def size(count: int) -> str:
    """A size for people: `5 MB`, `300 kB`, `12 bytes`."""
    if count >= 2**20:
        return f"{count / 2**20:.3g} MB"
    return f"{count / 2**10:.3g} kB" if count >= 2**10 else f"{count} bytes"
