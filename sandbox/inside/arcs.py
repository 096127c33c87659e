"""Branch coverage that slows down the measured files alone: a core for coverage.py, on Python 3.12 and 3.13.

There coverage.py measures branches with `sys.settrace`, which makes every line of every library take twice the time;
its own core on `sys.monitoring` can do so from Python 3.14 on. This one records what its C tracer would record: for
each frame of a measured file, which line followed which (an "arc"; entering comes from, and leaving goes to, the
negative number of the first line). Settings, analysis and numbers stay those of coverage.py.
See sandbox/decisions/branch-coverage.md for how the two were compared.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any, Final

from coverage import Coverage
from coverage.exceptions import CoverageException

Arc = tuple[int, int]
POSSIBLE: Final = (3, 12) <= sys.version_info < (3, 14)


_HOT: Final = 20_000
"""Lines of a file that run before it is looked at which of them can tell nothing new; then twice as many, and so on."""


def use(watch: Coverage) -> None:
    """Let `watch`, which was started and stopped once, measure with this core, where it is possible and of use."""
    core: Any = watch._core
    if POSSIBLE:
        core.tracer_class = ArcTracer
        core.tracer_kwargs = {"reporter_of": watch._get_file_reporter}
        core.packed_arcs = core.systrace = core.supports_plugins = core.supports_dynamic_contexts = False


class _File:
    """A measured file."""

    __slots__ = ("arcs", "budget", "done", "left", "name")

    def __init__(self, name: str, arcs: set[Arc]) -> None:
        self.name = name
        self.arcs = arcs
        self.budget = self.left = _HOT
        self.done: frozenset[int] = frozenset()


def settled(executed: set[Arc], possible: set[Arc]) -> set[int]:
    """Lines whose further events can change no number: not to see them is not to be wrong about any branch.

    All ways into such a line and all ways out of it were taken, and it is entered only from lines whose ways out were
    all taken. When it is skipped, the next arc seems to come from a line before it, and that one has no branch left
    that could be taken for taken. Lines that an exception led to, which no arc of the source foresees, never settle.
    """
    entered: dict[int, set[int]] = {}
    for before, line in possible | executed:
        entered.setdefault(line, set()).add(before)
    open_ways = {before for before, _ in possible - executed}
    open_lines = {line for _, line in possible - executed} | {line for _, line in executed - possible}
    return {
        line
        for line, sources in entered.items()
        if line > 0 and line not in open_lines and line not in open_ways and not sources & open_ways
    }


class ArcTracer:
    """Implements coverage.py's protocol `Tracer`; the attributes without a value are set by its collector."""

    data: dict[str, set[Arc]]
    trace_arcs: bool
    should_trace: Any
    should_trace_cache: dict[str, Any]
    lock_data: Any
    unlock_data: Any
    warn: Any

    def __init__(self, reporter_of: Callable[[str], Any]) -> None:
        self._reporter_of = reporter_of
        self._files: dict[int, _File] = {}
        """Of the measured code objects, by id: to hash a code object takes long."""
        self._codes: list[CodeType] = []
        """What keeps the ids from being given away."""
        self._last: dict[int, int] = {}
        """Line at which each running frame is, by the frame's id; no longer than it runs."""

    def start(self) -> None:
        """Measure all threads from now on."""
        monitoring = sys.monitoring  # type: ignore[attr-defined,unused-ignore] # Python 3.12
        events = monitoring.events
        self._tool = monitoring.COVERAGE_ID
        monitoring.use_tool_id(self._tool, "coverage")
        self._local = events.LINE | events.PY_RETURN | events.PY_YIELD | events.PY_RESUME
        callbacks = {
            events.PY_START: self._started,
            events.LINE: self._line,
            events.PY_RETURN: self._returned,
            events.PY_YIELD: self._yielded,
            events.PY_RESUME: self._resumed,
            events.PY_THROW: self._resumed,
            events.PY_UNWIND: self._returned,
        }
        for event, callback in callbacks.items():
            monitoring.register_callback(self._tool, event, callback)
        monitoring.set_events(self._tool, events.PY_START | events.PY_THROW | events.PY_UNWIND)
        monitoring.restart_events()
        self._monitoring = monitoring
        self._disable = monitoring.DISABLE

    def stop(self) -> None:
        """Measure no more."""
        self._monitoring.set_events(self._tool, 0)
        for code in self._codes:
            self._monitoring.set_local_events(self._tool, code, 0)
        self._monitoring.free_tool_id(self._tool)

    def _started(self, code: CodeType, _offset: int) -> Any:
        key = id(code)
        if key not in self._files:
            file = self._file_of(code, sys._getframe(1))
            if file is None:
                return self._disable
            self._files[key] = file
            self._codes.append(code)
            self._monitoring.set_local_events(self._tool, code, self._local)
        self._last[id(sys._getframe(1))] = -code.co_firstlineno
        return None

    def _file_of(self, code: CodeType, frame: FrameType) -> _File | None:
        """The file that holds `code`; None when it is not measured."""
        name = code.co_filename
        if name not in self.should_trace_cache:
            self.should_trace_cache[name] = self.should_trace(name, frame)
        disposition = self.should_trace_cache[name]
        if not disposition.trace:
            return None
        source: str = disposition.source_filename
        known = (file for file in self._files.values() if file.name == source)
        return next(known, None) or _File(source, self.data.setdefault(source, set()))

    def _line(self, code: CodeType, line: int) -> Any:
        file = self._files[id(code)]
        if line in file.done:
            return self._disable
        frame = id(sys._getframe(1))
        before = self._last.get(frame)
        if before is not None:  # else it ran before the start
            file.arcs.add((before, line))
            self._last[frame] = line
        file.left -= 1
        if file.left < 0:
            self._look_at(file)
        return None

    def _look_at(self, file: _File) -> None:
        """Find the lines of a busy file that need not be watched any more."""
        file.budget *= 2
        file.left = file.budget
        try:
            reporter = self._reporter_of(file.name)
            done = settled(set(reporter.translate_arcs(file.arcs)), reporter.arcs())
            first_line = reporter.parser.first_line
        except CoverageException:
            return  # not Python: all of its lines stay watched
        file.done = frozenset(
            line for arc in file.arcs for line in arc if line > 0 and first_line(line) in done
        )

    def _returned(self, code: CodeType, _offset: int, _value: object) -> None:
        file = self._files.get(id(code))
        if file is not None:
            before = self._last.pop(id(sys._getframe(1)), None)
            if before is not None:
                file.arcs.add((before, -code.co_firstlineno))

    def _yielded(self, _code: CodeType, _offset: int, _value: object) -> None:
        self._last.pop(id(sys._getframe(1)), None)

    def _resumed(self, code: CodeType, _offset: int, _error: object = None) -> None:
        if id(code) in self._files:
            frame = sys._getframe(1)
            self._last[id(frame)] = frame.f_lineno

    def activity(self) -> bool:
        """Whether anything was measured."""
        return bool(self._codes)

    def reset_activity(self) -> None:
        """Nothing to reset: who asks starts anew."""

    def get_stats(self) -> None:
        """No statistics."""
