"""Pytest sessions that begin with pytest's own plugins loaded: loading them is most of what a short session costs."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import _pytest.config
import pytest
from _pytest._code.code import Frame

_UNUSED: Final = (
    *("cacheprovider", "faulthandler", "junitxml", "pastebin", "setuponly", "setupplan", "stepwise"),
    "threadexception",
    "unraisableexception",  # it collects garbage five times at the end
)
"""Parts of pytest that a suite cannot miss; each costs time in every run."""
_RESUMABLE: Final = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
_ARGUMENTS: Final = (
    *(
        "-q",
        "--capture=sys",
    ),  # what is written past sys.stdout ends in /dev/null, and no file is emptied thrice a test
    *(word for name in _UNUSED for word in ("-p", f"no:{name}")),
)


class Prepared:
    """A pytest that holds its plugins and does not know yet what to run. Make it before a fork, run it once after."""

    def __init__(self) -> None:
        self._get_config = _pytest.config.get_config
        self._config: pytest.Config | None = self._get_config(list(_ARGUMENTS))
        Frame.f_locals = property(_variables)  # type: ignore[assignment]

    def run(self, arguments: Sequence[str], plugins: list[Any]) -> int:
        """What `pytest.main` returns for these arguments and plugins.

        From here on all goes the way of `pytest.main`, settings and conftest files included; only where it would
        make its configuration object it is handed the one that is ready.
        """
        _pytest.config.get_config = self._hand_over
        return int(pytest.main([*_ARGUMENTS, *arguments], plugins=plugins))

    def _hand_over(self, args: Any = None, plugins: Any = None, *, prog: str | None = None) -> pytest.Config:  # noqa: ARG002 -- pytest's own signature
        _pytest.config.get_config = self._get_config
        config = self._config
        assert config is not None, "a prepared session runs once"
        self._config = None
        config.invocation_params = pytest.Config.InvocationParams(
            args=args or (), plugins=plugins, dir=Path.cwd()
        )
        return config


def _variables(frame: Frame) -> Any:
    """The variables of a frame, which pytest shows as its arguments. Of what can be resumed, none.

    For a generator's frame whose generator is gone, Python 3.13 reads freed memory (CPython issue 125723). Exceptions
    keep such frames: with some libraries, whenever a server hangs up.
    """
    return {} if frame.raw.f_code.co_flags & _RESUMABLE else frame.raw.f_locals
