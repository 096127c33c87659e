"""Finds the image of an environment, and builds what is missing of it.

Every layer is named after a hash of what goes into it, so "is it up to date?" is "does it exist?": a changed
program rebuilds the thin top layer only, a changed lock the environment too.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from sandbox.engine import Engine
from sandbox.errors import ImageMissing
from sandbox.images import install, system
from sandbox.images.environments import Environment
from sandbox.images.layer import Layer, add_layer, find
from sandbox.images.system import Progress, ensure_system
from sandbox.images.wheels import commands, fetch

REPOSITORY: Final = "takehome-grader"
VERSIONS_LABEL: Final = "takehome-grader.versions"
ENVIRONMENT_LABEL: Final = "takehome-grader.environment"
FACTS: Final = "_environment.json"
"""Beside our programs: {"name": …, "preload": […]}, for the keeper to know what to import ahead."""
REPORTED: Final = ("coverage", "pytest", "radon", "ruff")
_STEP: Final = Path(install.__file__).read_bytes()


@dataclass(frozen=True)
class Image:
    """A built image, ready to be run."""

    environment: str
    reference: str
    id: str
    """sha256 of the image, as the engine states it."""
    versions: Mapping[str, str]
    """python, and the tools whose version can change a grade."""


@dataclass(frozen=True)
class Images:
    """The images of one engine, with `programs` (package name → folder) as their top layer."""

    engine: Engine
    programs: Mapping[str, Path]
    cache: Path
    """Folder for what is worth keeping between builds."""

    def image_of(self, environment: Environment) -> Image:
        """The built image of `environment`.

        Raises:
            ImageMissing: it is not built, or a program or lock has changed since.
        """
        return self._built(environment, self._top(environment, self._programs_read))

    def _built(self, environment: Environment, reference: str) -> Image:
        found = find(self.engine.client, reference)
        if found is None:
            raise ImageMissing(
                f"the image of the environment {environment.name!r} is not built, or something in it has changed "
                f"since ({reference} is missing). Run `make images`."
            )
        return _image(environment, reference, found)

    def ensure(self, environment: Environment, progress: Progress) -> Image:
        """Build what is missing of `environment`'s image. May be called again, and by several processes.

        Raises:
            BuildFailed: it could not be built; the message says which step, and what it printed.
        """
        client = self.engine.client
        programs = self._programs_read
        top = self._top(environment, programs)
        if find(client, top) is None:
            with self._locked():
                middle = self._middle(environment)
                if find(client, middle) is None:
                    self._add_packages(environment, middle, progress)
                progress(f"{environment.name}: adding our programs")
                self._add_programs(environment, programs, middle, top)
        return self._built(environment, top)

    def _bottom(self) -> str:
        return f"{REPOSITORY}/system:{_digest([system.RECIPE])}"

    def _middle(self, environment: Environment) -> str:
        digest = _digest([self._bottom().encode(), environment.lock.read_bytes(), _STEP])
        return f"{REPOSITORY}/{environment.name}-packages:{digest}"

    @cached_property
    def _programs_read(self) -> dict[str, bytes]:
        """Path in the image's packages → content. Read once, so that what is named is what is built."""
        return {
            f"{package}/{path.relative_to(folder).as_posix()}": path.read_bytes()
            for package, folder in sorted(self.programs.items())
            for path in sorted(folder.rglob("*"))
            if path.is_file() and "__pycache__" not in path.parts
        }

    def _top(self, environment: Environment, programs: Mapping[str, bytes]) -> str:
        parts = [self._middle(environment).encode(), _facts(environment)]
        for path, content in programs.items():
            parts += [path.encode(), content]
        return f"{REPOSITORY}/{environment.name}:{_digest(parts)}"

    def _add_packages(self, environment: Environment, name: str, progress: Progress) -> None:
        client = self.engine.client
        bottom = self._bottom()
        ensure_system(client, bottom, self.cache, progress)
        progress(f"{environment.name}: fetching packages")
        with tempfile.TemporaryDirectory(dir=self.cache, prefix="packages-") as folder:
            fetch(environment.lock, Path(folder), self._architecture())
            programs = commands(Path(folder))
            progress(f"{environment.name}: installing them offline and compiling (about 20 s)")
            layer = Layer(
                parent=bottom,
                name=name,
                step=_step("environment"),
                folders={"brought/packages": Path(folder)},
                files={f"brought/bin/{command}": content for command, content in programs.items()},
                labels={ENVIRONMENT_LABEL: environment.name},
            )
            add_layer(client, layer, VERSIONS_LABEL)

    def _add_programs(
        self, environment: Environment, programs: Mapping[str, bytes], parent: str, name: str
    ) -> None:
        brought = {**programs, FACTS: _facts(environment)}
        layer = Layer(
            parent=parent,
            name=name,
            step=_step("programs"),
            files={f"brought/packages/{path}": content for path, content in brought.items()},
            labels={ENVIRONMENT_LABEL: environment.name},
        )
        add_layer(self.engine.client, layer, VERSIONS_LABEL)

    def _architecture(self) -> str:
        return str(self.engine.client.info()["Architecture"])

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One build at a time; a second one finds everything built when its turn comes."""
        self.cache.mkdir(parents=True, exist_ok=True)
        with (self.cache / "images.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _step(kind: str) -> tuple[str, ...]:
    return ("python3", "-I", "-c", _STEP.decode(), kind, *REPORTED)


def _facts(environment: Environment) -> bytes:
    return json.dumps({"name": environment.name, "preload": environment.preload}).encode()


def _digest(parts: list[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()[:16]


def _image(environment: Environment, reference: str, found: Mapping[str, Any]) -> Image:
    labels = found["Config"]["Labels"]
    return Image(environment.name, reference, str(found["Id"]), json.loads(labels[VERSIONS_LABEL]))
