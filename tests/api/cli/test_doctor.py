"""`diagnose`: a need that is not met says what is wrong and how to mend it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from api.cli import doctor
from api.cli.doctor import diagnose
from sandbox.engine import Engine, connect
from sandbox.images.environments import ENVIRONMENTS


@pytest.fixture
def engine() -> Iterator[Engine]:
    with connect() as found:
        yield found


@pytest.mark.docker
def test_names_every_need_once() -> None:
    """The list is what an operator goes through; nothing may be hidden behind another."""
    names = [finding.name for finding in diagnose()]
    assert len(names) == len(set(names))
    assert {"engine", "runtime", "disk", *(f"image {name}" for name in ENVIRONMENTS)} <= set(names)


@pytest.mark.docker
def test_whatever_is_wrong_says_how_to_mend_it() -> None:
    """A cross without advice helps nobody."""
    assert all(finding.ok or finding.mend for finding in diagnose("no-such-runtime"))


@pytest.mark.docker
def test_runtime_asked_for_and_missing_is_found() -> None:
    """`grader doctor --runtime runsc` is asked before the first grading."""
    [runtime] = [finding for finding in diagnose("no-such-runtime") if finding.name == "runtime"]
    assert not runtime.ok
    assert "no runtime 'no-such-runtime'" in runtime.said


def test_no_engine_is_the_first_thing_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing else can be known then, and there is no traceback."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/absent.sock")
    first = diagnose()[0]
    assert (first.name, first.ok) == ("engine", False)
    assert "absent.sock" in first.said
    assert "make setup" in first.mend


@pytest.mark.docker
def test_engine_without_system_call_filter_or_too_old_is_found(engine: Engine) -> None:
    """Everything would run, and one wall would be missing."""
    weak = replace(engine, security=(), version="19.03.8")
    found = {finding.name: finding for finding in doctor._engine(weak, None)}
    assert not found["system calls"].ok
    assert not found["engine"].ok
    assert "20.10" in found["engine"].mend


def test_full_disk_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A build that dies half-way says less."""
    monkeypatch.setattr(doctor, "ROOM_BYTES", 2**60)
    assert not doctor._room().ok
