"""Our core for branch coverage finds what coverage.py's own tracer finds, on the Python of the images."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.images import images
from sandbox.engine import Engine, connect
from sandbox.images.environments import environment
from sandbox.inside.arcs import settled

CODE = Path(__file__).with_name("corpus") / "measured_code.py"
PROGRAM = """
import json, os, pathlib, sys
from coverage import Coverage
from _inside import arcs

folder = "/tmp/measured"
path = f"{folder}/measured_code.py"
os.mkdir(folder)
pathlib.Path(path).write_text(sys.argv[1])

def measured(hot):
    watch = Coverage(data_file=None, branch=True, config_file=False, source=[folder], messages=False)
    watch.start()
    watch.stop()
    if hot:
        arcs._HOT = hot
        arcs.use(watch)
    code = compile(sys.argv[1], path, "exec")
    watch.start()
    try:
        exec(code, {"__name__": "measured_code"})
    finally:
        watch.stop()
    found = watch._analyze(path)
    return {
        "core": watch._core.tracer_class.__name__,
        "arcs": sorted(arc for arc in watch.get_data().arcs(path) if arc[0] != arc[1]),
        "missing lines": sorted(found.missing),
        "missing branches": sorted((line, sorted(ends)) for line, ends in found.missing_branch_arcs().items()),
        "branches": [found.numbers.n_branches, found.numbers.n_executed_branches],
    }

print(json.dumps([measured(hot) for hot in (0, 20_000, 1)]))
"""


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with connect() as found:
        yield found


@pytest.fixture(scope="module")
def measured(engine: Engine) -> list[dict[str, Any]]:
    """What is found in a run of CODE: by coverage.py, by our core, and by ours when it finds every file busy."""
    found = images(engine)
    found.ensure(environment("base"), print)
    printed = engine.client.containers.run(
        found.image_of(environment("base")).id,
        ["python3", "-I", "-c", PROGRAM, CODE.read_text()],
        network_disabled=True,
        tmpfs={"/tmp": ""},
        remove=True,
    )
    rows: list[dict[str, Any]] = json.loads(printed)
    assert [row.pop("core") for row in rows] == ["CTracer", "ArcTracer", "ArcTracer"]
    return rows


@pytest.mark.docker
def test_every_kind_of_code_is_measured_alike(measured: list[dict[str, Any]]) -> None:
    """All arcs, but those of a line to itself, which are part of no branch."""
    theirs, ours, _ = measured

    assert ours == theirs
    assert ours["missing lines"], "some line of the code is there to be missed"
    assert ours["missing branches"], "some branch of the code is there to be missed"


@pytest.mark.docker
def test_not_watching_settled_lines_changes_no_number(measured: list[dict[str, Any]]) -> None:
    """Arcs that no source foresees may be left out or come in; lines and branches are the same."""
    theirs, _, busy = measured

    assert busy.pop("arcs") != theirs.pop("arcs"), "some line was not watched any more"
    assert busy == theirs


LOOP = {(-1, 1), (1, 2), (2, 3), (3, 2), (2, 4), (4, -1)}
"""1: before; 2: for …; 3: body; 4: after."""


@pytest.mark.parametrize(
    ("executed", "possible", "lines"),
    [
        pytest.param(LOOP, LOOP, {1, 2, 3, 4}, id="everything was seen"),
        pytest.param(
            LOOP - {(2, 4), (4, -1)}, LOOP, {1}, id="the loop has not ended: it and what follows may do so"
        ),
        pytest.param(LOOP, LOOP | {(3, 5), (5, 2)}, {1, 4}, id="a branch in the body was not taken"),
        pytest.param(
            LOOP | {(3, 9), (9, 2)}, LOOP | {(9, 2)}, {1, 2, 3, 4}, id="a handler that an exception led to"
        ),
        pytest.param({(-1, 1)}, set(), set(), id="a line that no source foresees"),
    ],
)
def test_a_line_settles_when_it_can_tell_nothing_new(
    executed: set[tuple[int, int]], possible: set[tuple[int, int]], lines: set[int]
) -> None:
    assert settled(executed, possible) == lines
