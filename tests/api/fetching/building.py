"""Makes git repositories, honest and hostile, with git's own tools and without its checks."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

DATE = "1700000000 +0000"
FILE, FOLDER, LINK, SUBMODULE, DEVICE = "100644", "40000", "120000", "160000", "20644"


@dataclass(frozen=True)
class Bare:
    """A repository that a server serves."""

    path: Path

    def git(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """Run git in it."""
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.path),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_DIR": str(self.path),
            **{f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in _WHO.items()},
        }
        return subprocess.run(
            ["git", *arguments], input=stdin, capture_output=True, check=True, env=environment
        ).stdout

    def blob(self, content: bytes) -> str:
        return self._stored("blob", content)

    def tree(self, *entries: tuple[str, bytes, str]) -> str:
        """A folder of (mode, name, object), written as it is."""
        parts = [mode.encode() + b" " + name + b"\0" + bytes.fromhex(child) for mode, name, child in entries]
        return self._stored("tree", b"".join(parts))

    def commit(self, tree: str, *parents: str, branch: str = "main", message: str = "Add the work") -> str:
        """A commit that a branch is then at; on none where `branch` is empty."""
        named = [part for parent in parents for part in ("-p", parent)]
        commit = self.git("commit-tree", tree, *named, "-m", message).decode().strip()
        if branch:
            self.git("update-ref", f"refs/heads/{branch}", commit)
        return commit

    def files(self, **contents: bytes) -> str:
        """A folder of Python files: `app=b"x = 1"` is app.py."""
        return self.tree(
            *((FILE, f"{name}.py".encode(), self.blob(content)) for name, content in sorted(contents.items()))
        )

    def _stored(self, kind: str, content: bytes) -> str:
        written = self.git("hash-object", "-w", "--literally", "-t", kind, "--stdin", stdin=content)
        return written.decode().strip()


_WHO = {"NAME": "A", "EMAIL": "a@x", "DATE": DATE}


def bare(path: Path, *options: str) -> Bare:
    """A new, empty repository."""
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", *options, str(path)], check=True)
    return Bare(path)
