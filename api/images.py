"""Which programs go into the images, and the command that builds them: `python -m api.images [ENVIRONMENT …]`."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import grader
import sandbox
from sandbox.engine import Engine, connect
from sandbox.errors import SandboxError
from sandbox.images.builder import Images
from sandbox.images.environments import ENVIRONMENTS, environment

PROGRAMS: Final[Mapping[str, Path]] = {
    "_inside": Path(sandbox.__file__).with_name("inside"),
    "_reading": Path(grader.__file__).with_name("reading"),
}
"""Name inside the containers → folder here. Both keep to relative imports, so that their name does not matter."""
CACHE: Final = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "takehome-grader"


def images(engine: Engine) -> Images:
    """The images of `engine` with our programs in them."""
    return Images(engine, PROGRAMS, CACHE)


def main(names: list[str]) -> int:
    """Build the images of the environments `names` (all, when empty). Returns the exit status."""
    try:
        with connect() as engine:
            for name in names or ENVIRONMENTS:
                images(engine).ensure(environment(name), lambda line: print(f"  {line}", flush=True))
    except SandboxError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
