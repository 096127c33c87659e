"""Environments: named sets of packages that a take-home may count on.

To add one: a file `locks/<name>.in` with what is wanted, an entry in ENVIRONMENTS, `make lock`, `make images`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sandbox.errors import UnknownEnvironment

LOCKS: Final = Path(__file__).with_name("locks")
PYTHON: Final = "3.13"


@dataclass(frozen=True)
class Environment:
    """One choice of packages."""

    name: str
    summary: str
    preload: tuple[str, ...]
    """Modules worth importing in a warm process: what most submissions of this environment import."""

    @property
    def wanted(self) -> Path:
        """Direct requirements, without versions."""
        return LOCKS / f"{self.name}.in"

    @property
    def lock(self) -> Path:
        """Everything to install, with versions and hashes."""
        return LOCKS / f"{self.name}.lock"


ENVIRONMENTS: Final[Mapping[str, Environment]] = {
    found.name: found
    for found in (
        Environment(
            name="base",
            summary="the standard library, and pytest with its usual companions",
            preload=(),
        ),
        Environment(
            name="web",
            summary="FastAPI, Flask, Django, aiohttp, SQLAlchemy, httpx and what they bring",
            preload=("fastapi", "flask", "httpx", "sqlalchemy", "starlette.testclient", "uvicorn"),
        ),
        Environment(
            name="data",
            summary="numpy, pandas, polars and openpyxl",
            preload=("numpy", "pandas"),
        ),
    )
}


def environment(name: str) -> Environment:
    """The environment called `name`.

    Raises:
        UnknownEnvironment: there is none.
    """
    try:
        return ENVIRONMENTS[name]
    except KeyError:
        known = ", ".join(ENVIRONMENTS)
        raise UnknownEnvironment(f"no environment is called {name!r}; there are {known}") from None
