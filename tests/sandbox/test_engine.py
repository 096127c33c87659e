"""Finding the engine, and refusing what it cannot do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.engine import Engine, connect
from sandbox.errors import EngineUnavailable, RuntimeUnavailable


@pytest.mark.docker
def test_connects_and_knows_the_engine() -> None:
    """Whatever else fails, `grader doctor` must be able to say what runs here."""
    with connect() as engine:
        assert engine.version
        assert engine.default_runtime in engine.runtimes
        assert engine.cgroup_version in {"1", "2"}


def test_no_engine_is_an_error_that_says_where_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fail closed: without an engine nothing is graded."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/absent.sock")
    with pytest.raises(EngineUnavailable, match=r"absent\.sock \(No such file or directory\).*make setup"):
        connect()


def test_malformed_address_is_an_error_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK raises something of its own for it."""
    monkeypatch.setenv("DOCKER_HOST", "gopher://nowhere")
    with pytest.raises(EngineUnavailable, match="gopher://nowhere"):
        connect()


@pytest.mark.docker
def test_runtime_asked_for_and_missing_is_refused() -> None:
    """Whoever asks for runsc must not get runc in silence."""
    with connect() as engine:
        without = replace(engine, runtimes=("runc",))
        with pytest.raises(RuntimeUnavailable, match="no runtime 'runsc', only runc"):
            without.runtime("runsc")


@pytest.mark.docker
def test_runtime_asked_for_and_there_is_used() -> None:
    """None means the engine's own choice."""
    with connect() as engine:
        both: Engine = replace(engine, runtimes=("runc", "runsc"), default_runtime="runc")
        assert both.runtime("runsc") == "runsc"
        assert both.runtime(None) == "runc"
