"""The bottom of every image: a small Linux with Python 3.13.

From the official image where a registry answers; where none does, from Debian's own packages. Either way what
candidates can notice is the same: `install.py` removes what only one of the two has.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

import docker
import requests
from docker.errors import DockerException

from sandbox.errors import BuildFailed
from sandbox.images.layer import find

OFFICIAL: Final = "python:3.13-slim"
SUITE: Final = "trixie"
PACKAGES: Final = ("base-files", "dash", "libstdc++6", "media-types", "netbase", "python3", "tzdata")
"""A shell for programs that start others through one, the C++ library that wheels expect of a system, tables for
`mimetypes`, `socket` and `zoneinfo`."""
LEFT_OUT: Final = ("doc", "man", "locale", "lintian", "info")
RECIPE: Final = repr((OFFICIAL, SUITE, PACKAGES, LEFT_OUT)).encode()
"""What decides the content; its hash is in the image's name."""
PROBE_SECONDS: Final = 15
PULL_SECONDS: Final = 600
BUILD_SECONDS: Final = 900

Progress = Callable[[str], None]


def ensure_system(client: docker.DockerClient, name: str, cache: Path, progress: Progress) -> None:
    """Make the image `name` exist.

    Raises:
        BuildFailed: no registry answers and Debian's packages could not be used either.
    """
    if find(client, name):
        return
    official = os.environ.get("GRADER_PYTHON_IMAGE", OFFICIAL)
    if find(client, official) or _pull(client, official, progress):
        repository, _, tag = name.partition(":")
        client.api.tag(official, repository, tag)
        return
    progress(f"no registry offers {official}; making a system from Debian {SUITE} packages (about 20 s)")
    archive = cache / f"system-{name.partition(':')[2]}.tar"
    if not archive.exists():
        _bootstrap(archive, progress)
    progress("importing it into the engine")
    repository, _, tag = name.partition(":")
    try:
        client.api.import_image_from_file(str(archive), repository=repository, tag=tag)
    except (DockerException, requests.RequestException) as error:
        raise BuildFailed(f"the Docker engine did not take {archive}: {error}") from error
    if find(client, name) is None:
        raise BuildFailed(f"the Docker engine did not take {archive}; delete that file and try again")


def _pull(client: docker.DockerClient, reference: str, progress: Progress) -> bool:
    """Pull `reference`; False where no registry answers soon. The question alone comes first, as it is quick."""
    probe = docker.from_env(timeout=PROBE_SECONDS)
    try:
        probe.api.inspect_distribution(reference)
    except (DockerException, requests.RequestException):
        return False
    finally:
        probe.close()
    progress(f"pulling {reference}")
    repository, _, tag = reference.rpartition(":")
    try:
        for event in client.api.pull(repository, tag=tag, stream=True, decode=True):
            if "error" in event:
                raise BuildFailed(f"pulling {reference} failed: {event['error']}")
    except (DockerException, requests.RequestException) as error:
        raise BuildFailed(f"pulling {reference} failed: {error}") from error
    return True


def _bootstrap(archive: Path, progress: Progress) -> None:
    if not shutil.which("mmdebstrap"):
        _install_mmdebstrap(progress)
    archive.parent.mkdir(parents=True, exist_ok=True)
    partial = archive.with_suffix(".partial.tar")
    command = [
        "mmdebstrap", "--quiet", "--variant=extract", f"--include={','.join(PACKAGES)}",
        '--aptopt=APT::Install-Recommends "false"',
        *(f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in LEFT_OUT),
        SUITE, str(partial), *_sources(),
    ]  # fmt: skip
    _run(command, BUILD_SECONDS, f"mmdebstrap could not make a system from Debian {SUITE}")
    partial.rename(archive)


def _install_mmdebstrap(progress: Progress) -> None:
    if not shutil.which("apt-get") or os.geteuid() != 0:
        raise BuildFailed(
            f"no registry offers {OFFICIAL}, and mmdebstrap, with which we would make a system from Debian's "
            "packages, is not installed. Do one of these: let the engine reach a registry; set "
            "GRADER_PYTHON_IMAGE to an image with Python 3.13 that it can pull; as root on Debian, "
            "`apt-get install mmdebstrap debian-archive-keyring`."
        )
    progress("installing mmdebstrap")
    packages = ["mmdebstrap", "debian-archive-keyring"]
    _run(["apt-get", "update", "-qq"], BUILD_SECONDS, "apt-get update failed")
    install = ["apt-get", "install", "-qq", "--no-install-recommends", *packages]
    _run(install, BUILD_SECONDS, "apt-get could not install mmdebstrap")


def _sources() -> list[str]:
    """Source lines on the mirrors that this machine's apt uses for Debian; none means Debian's own."""
    if not shutil.which("apt-get"):
        return []
    wanted = ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)", "Created-By: Packages"]
    listed = subprocess.run(wanted, capture_output=True, text=True, timeout=60, check=False).stdout
    return mirror_lines(listed)


def mirror_lines(targets: str) -> list[str]:
    """`deb` lines for SUITE, from lines of "mirror release" as apt lists them (several per release)."""
    releases = "bookworm|trixie|forky|bullseye"
    lines: dict[str, None] = {}
    for row in targets.splitlines():
        mirror, _, release = row.strip().partition(" ")
        if re.fullmatch(releases, release):
            lines[f"deb {mirror} {SUITE} main"] = None
        elif re.fullmatch(f"({releases})-security", release):
            lines[f"deb {mirror} {SUITE}-security main"] = None
    return list(lines)


def _run(command: list[str], seconds: float, failure: str) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        ended = subprocess.run(
            command, capture_output=True, text=True, timeout=seconds, env=environment, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise BuildFailed(f"{failure}: it took over {seconds:.0f} s") from error
    if ended.returncode:
        raise BuildFailed(f"{failure} (status {ended.returncode}):\n{ended.stderr.strip()[-2000:]}")
