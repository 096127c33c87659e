"""The sandbox on a Docker engine: implements `contract.Sandbox` with warm boxes and seats."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, Self

from sandbox import janitor
from sandbox.box import DockerBox
from sandbox.container import Container
from sandbox.contract import EnvironmentInfo, Files, Limits, ReadingResult, Suite
from sandbox.engine import Engine
from sandbox.errors import BoxLost
from sandbox.hardening import Role, shape
from sandbox.images.builder import Image, Images
from sandbox.images.environments import environment
from sandbox.inside import wire
from sandbox.pool import Seats, WarmPool

READ_SECONDS: Final = 20.0
READING_ENVIRONMENT: Final = "base"


class DockerSandbox:
    """Opens boxes in containers. Use as a context manager: at exit nothing of it is left running."""

    def __init__(self, engine: Engine, images: Images, *, runtime: str | None = None, warm: int = 0) -> None:
        """`runtime` names the container runtime, None is the engine's default; `warm` boxes of a kind wait ready.

        Raises:
            RuntimeUnavailable: the engine does not have the runtime.
        """
        self._engine = engine
        self._images = images
        self._runtime = engine.runtime(runtime) if runtime is not None else None
        self.runtime = engine.runtime(runtime)
        self._found: dict[str, Image] = {}
        self.pool = WarmPool(warm)
        self._seats = Seats()
        self._undertaker = ThreadPoolExecutor(max_workers=2, thread_name_prefix="undertaker")
        janitor.reap(engine)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def tidy(self) -> int:
        """Remove what nobody uses any more; returns how many containers. To be called now and then.

        Raises:
            EngineUnavailable: the engine does not answer.
        """
        return janitor.reap(self._engine)

    def knock(self) -> None:
        """Ask the engine for a sign of life.

        Raises:
            EngineUnavailable: it gives none.
        """
        self._engine.knock()

    def close(self) -> None:
        """Remove every container of this sandbox; what the engine does not let us is left to the janitor."""
        self._undertaker.shutdown()
        self.pool.close()
        self._seats.close()

    # -- environments -----------------------------------------------------------------------------

    def _image(self, name: str) -> Image:
        if name not in self._found:
            self._found[name] = self._images.image_of(environment(name))
        return self._found[name]

    def environment(self, name: str) -> EnvironmentInfo:
        """See `contract.Sandbox.environment`."""
        image = self._image(name)
        return EnvironmentInfo(name, image.id, self.runtime, dict(image.versions))

    def _ready(self, name: str, role: Role, limits: Limits | None = None) -> Container:
        container = Container(self._engine, self._image(name), role, limits, self._runtime)
        try:
            container.wait_ready()
        except BaseException:
            container.forsake()
            raise
        return container

    # -- boxes ------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def box(self, environment: str, files: Files, limits: Limits) -> Iterator[DockerBox]:
        """See `contract.Sandbox.box`."""
        kind = (environment, shape(limits))
        container = self.pool.take(kind, lambda: self._ready(environment, Role.CANDIDATE, limits))
        try:
            box = DockerBox(container, limits, files, lambda suite: self._seat(environment, suite))
            try:
                yield box
            finally:
                box.close()
        finally:
            self._undertaker.submit(self._bury, container)

    def _bury(self, container: Container) -> None:
        """End a used box at once, but not on the time of the grading that used it."""
        try:
            container.forsake()
        finally:
            self.pool.done()

    def warm_up(self, environment: str, limits: Limits, suite: Suite | None = None) -> None:
        """Have boxes, and a seat for `suite`, ready before they are asked for."""
        self.pool.prepare(
            (environment, shape(limits)), lambda: self._ready(environment, Role.CANDIDATE, limits)
        )
        if suite is not None:
            with self._seat(environment, suite):
                pass

    # -- seats ------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _seat(self, environment: str, suite: Suite) -> Iterator[Container]:
        kind = (Role.GRADING, environment, suite.digest)
        with self._lent(kind, lambda: self._grading_seat(environment, suite)) as seat:
            yield seat

    def _grading_seat(self, environment: str, suite: Suite) -> Container:
        seat = self._ready(environment, Role.GRADING)
        seat.upload(suite.files)
        seat.expect("uploaded", READ_SECONDS)
        return seat

    @contextlib.contextmanager
    def _lent(self, kind: tuple[Any, ...], make: Any) -> Iterator[Container]:
        seat = self._seats.take(kind, make)
        try:
            yield seat
        except BaseException:
            seat.forsake()
            raise
        if not seat.removed:
            self._seats.give_back(kind, seat)

    def read(self, files: Files, options: Mapping[str, Any]) -> ReadingResult:
        """See `contract.Sandbox.read`."""
        with self._lent((Role.READING,), lambda: self._ready(READING_ENVIRONMENT, Role.READING)) as seat:
            seat.upload(files)
            seat.say({"do": "read", "options": dict(options), "seconds": READ_SECONDS})
            answer = _facts(seat)
        if "error" in answer:
            return ReadingResult({"error": str(answer["error"])}, float(answer["cpu"]))
        return ReadingResult(answer["facts"], float(answer["cpu"]))


def _facts(seat: Container) -> dict[str, Any]:
    while True:
        frames = seat.receive(READ_SECONDS * 2)
        if not frames:
            raise BoxLost("the reading container does not answer")
        for kind, payload in frames:
            message = json.loads(payload) if kind == wire.CONTROL else {}
            if message.get("event") == "facts":
                found: dict[str, Any] = message
                return found
