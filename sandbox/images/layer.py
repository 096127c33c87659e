"""One more layer on an image: bring files, run one step as root without a network, keep the result.

Made with the plain calls create, put_archive, start, wait and commit, which every engine has; there is no
Dockerfile and no build context, and the only thing that decides whether to build is our own hash of the content.
Nothing of a candidate is near: these containers run our own step and are gone before any submission comes.
"""

from __future__ import annotations

import contextlib
import io
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

import docker
import requests
from docker.errors import APIError, DockerException, NotFound

from sandbox.errors import BuildFailed

STEP_SECONDS: Final = 600
_SPOOLED: Final = 32 * 2**20


@dataclass(frozen=True)
class Layer:
    """What to put on `parent`: folders of files, single files, and the step to run after that."""

    parent: str
    name: str
    """Reference of the new image: repository:tag."""
    step: tuple[str, ...]
    folders: Mapping[str, Path] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)


def add_layer(client: docker.DockerClient, layer: Layer, labels_from_output: str) -> None:
    """Build `layer`; the last line that its step printed becomes the label `labels_from_output`.

    Raises:
        BuildFailed: the engine refused, or the step failed; the message holds what the step printed.
    """
    try:
        with _container(client, layer) as identity, _archive(layer) as archive:
            client.api.put_archive(identity, "/", archive)
            client.api.start(identity)
            status = client.api.wait(identity, timeout=STEP_SECONDS)["StatusCode"]
            output = client.api.logs(identity).decode(errors="replace").strip()
            if status:
                raise BuildFailed(f"building {layer.name} ended with status {status}:\n{output[-2000:]}")
            repository, _, tag = layer.name.partition(":")
            labels = {**layer.labels, labels_from_output: output.rpartition("\n")[2]}
            conf = {
                "Labels": labels,
                "Cmd": ["python3"],
                "Entrypoint": [],
                "WorkingDir": "/",
                "User": "10001:10001",
            }
            client.api.commit(identity, repository=repository, tag=tag, conf=conf)
    except (DockerException, requests.RequestException) as error:
        raise BuildFailed(f"the Docker engine failed while building {layer.name}: {error}") from error


@contextlib.contextmanager
def _container(client: docker.DockerClient, layer: Layer) -> Iterator[str]:
    config: dict[str, Any] = {
        "Image": layer.parent,
        "Cmd": list(layer.step),
        "Entrypoint": [],
        "User": "0:0",
        "WorkingDir": "/",
        "Env": ["LANG=C.UTF-8"],
        "NetworkDisabled": True,
        "HostConfig": {"NetworkMode": "none", "LogConfig": {"Type": "json-file", "Config": {}}},
    }
    identity: str = client.api.create_container_from_config(config)["Id"]
    try:
        yield identity
    finally:
        with contextlib.suppress(NotFound):
            client.api.remove_container(identity, force=True, v=True)


@contextlib.contextmanager
def _archive(layer: Layer) -> Iterator[IO[bytes]]:
    with tempfile.SpooledTemporaryFile(max_size=_SPOOLED) as spool:
        with tarfile.open(fileobj=spool, mode="w") as archive:
            for place, folder in layer.folders.items():
                for path in sorted(folder.rglob("*")):
                    if path.is_file() and "__pycache__" not in path.parts:
                        inner = path.relative_to(folder).as_posix()
                        _add(archive, f"{place}/{inner}", path.read_bytes())
            for place, content in layer.files.items():
                _add(archive, place, content)
        spool.seek(0)
        yield spool


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    """A file owned by root, readable by all, without a date: the same content makes the same layer."""
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    entry.mode = 0o644
    archive.addfile(entry, io.BytesIO(content))


def find(client: docker.DockerClient, name: str) -> dict[str, Any] | None:
    """What the engine knows about the image `name`; None when it has none."""
    try:
        found: dict[str, Any] = client.api.inspect_image(name)
    except NotFound:
        return None
    except (APIError, requests.RequestException) as error:
        raise BuildFailed(f"the Docker engine could not look up the image {name}: {error}") from error
    return found
