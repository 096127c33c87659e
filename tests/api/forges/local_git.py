"""A fetcher for tests: reads a commit of a repository on this disk with plain git."""

from __future__ import annotations

import subprocess
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from api.fetching import FetchFailed, Repository

IDENTITY = (
    "-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "init.defaultBranch=main",
    "-c", "commit.gpgsign=false",
)  # fmt: skip


def git(folder: Path, *arguments: str) -> bytes:
    """Run git in a folder and return what it prints."""
    done = subprocess.run(["git", *IDENTITY, *arguments], cwd=folder, capture_output=True, check=True)
    return done.stdout


@dataclass
class LocalGit:
    """Repositories under a folder, found by the path of their address."""

    root: Path
    asked: list[Repository] = field(default_factory=list)
    failures: list[FetchFailed] = field(default_factory=list)
    """Raised first, one for each call."""

    def commit(self, name: str, files: Mapping[str, str | bytes], message: str = "Work") -> str:
        """Commit files to a repository, which is made where it is missing; returns the commit."""
        folder = self.root / name
        if not folder.exists():
            folder.mkdir(parents=True)
            git(folder, "init", "-q")
        for path, content in files.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode() if isinstance(content, str) else content)
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "--allow-empty", "-m", message)
        return git(folder, "rev-parse", "HEAD").decode().strip()

    def __call__(self, source: Repository, hosts: Collection[str]) -> bytes:
        """See `Fetch`."""
        assert {urlsplit(source.url).netloc} == set(hosts)
        self.asked.append(source)
        if self.failures:
            raise self.failures.pop(0)
        folder = self.root / urlsplit(source.url).path.strip("/").removesuffix(".git")
        try:
            return git(folder, "archive", "--format=tar", source.commit)
        except (subprocess.CalledProcessError, FileNotFoundError) as error:
            raise FetchFailed("not_found", "There is no such commit.", ours=False) from error
