"""Measures one hidden test: what the candidate's container uses while it runs, and nothing else does."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from .driver import Driver
from .peer import Gone
from .suite_plugin import SuitePlugin

_ANSWER_SECONDS = 10.0


class WorkloadPlugin:
    """Runs the one test `name` of the suite and measures its call: not its fixtures, nor the collection.

    Where the test runs commands, they are what is measured; else everything that happens over there is.
    """

    def __init__(self, driver: Driver, suite: SuitePlugin, name: str) -> None:
        self._driver = driver
        self._suite = suite
        self._name = name

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        """Leave out all other tests."""
        items[:] = [item for item in items if item.nodeid == self._name]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Iterator[None]:
        """Read the meter before and after."""
        driver = self._driver
        driver.used, waited = [], driver.line.clock.used
        before = self._meter(begin=True)
        try:
            return (yield)
        finally:
            with contextlib.suppress(Gone):  # without a keeper that answers there is no figure
                after = self._meter(begin=False)
                wall = driver.line.clock.used - waited
                self._suite.usage = _of_commands(driver.used) or _of_all(before, after, wall)
            driver.used = None

    def _meter(self, *, begin: bool) -> dict[str, Any]:
        return self._driver.line.service({"do": "meter", "begin": begin}, _ANSWER_SECONDS)


def _of_commands(used: list[dict[str, Any]]) -> dict[str, Any] | None:
    if not used:
        return None
    return {
        "wall_seconds": sum(float(each["wall"]) for each in used),
        "cpu_seconds": sum(float(each["cpu"]) for each in used),
        "memory_bytes": max(int(each["memory"]) for each in used),
    }


def _of_all(before: dict[str, Any], after: dict[str, Any], waited: float) -> dict[str, Any]:
    """Memory is the processes' own record of their peak or what the container shows, whichever is more."""
    return {
        "wall_seconds": waited or float(after["at"]) - float(before["at"]),
        "cpu_seconds": float(after["cpu"]),
        "memory_bytes": max(int(after["peak"]), int(before["resident"]) + int(after["growth"])),
    }
