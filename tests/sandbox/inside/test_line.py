"""The clock of a hidden test: the candidate's own time runs out, not that in which others had the processors."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator

import pytest

from sandbox.inside import wire
from sandbox.inside.line import Clock, Line
from sandbox.inside.peer import Gone

TEST_SECONDS = 0.3


class Keeper:
    """The candidate's end of a line: it says how long its process waited, and answers at the n-th question."""

    def __init__(self, waited: Callable[[int], float], answers_at: int) -> None:
        self.asked = 0
        self._waited, self._answers_at = waited, answers_at
        self.read_fd, self._theirs = os.pipe()
        self._ours, self.write_fd = os.pipe()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        incoming = wire.Splitter()
        while data := os.read(self._ours, 65536):
            for _, payload in incoming.feed(data):
                assert json.loads(payload) == {"do": "waited"}
                self.asked += 1
                said = {"event": "waited", "seconds": self._waited(self.asked)}
                os.write(self._theirs, wire.frame(wire.SERVICE, json.dumps(said).encode()))
                if self.asked == self._answers_at:
                    os.write(self._theirs, wire.frame(wire.CALL, b"the answer"))

    def close(self) -> None:
        os.close(self.write_fd)
        self._thread.join()
        for descriptor in (self.read_fd, self._ours, self._theirs):
            os.close(descriptor)


@pytest.fixture
def keeper() -> Iterator[Callable[..., Keeper]]:
    made: list[Keeper] = []

    def make(waited: Callable[[int], float], answers_at: int = 0) -> Keeper:
        made.append(Keeper(waited, answers_at))
        return made[-1]

    yield make
    for one in made:
        one.close()


def line_to(keeper: Keeper, patience: float = 60.0) -> Line:
    return Line(keeper.read_fd, keeper.write_fd, Clock(TEST_SECONDS, patience))


def test_time_without_a_processor_is_given_back(keeper: Callable[..., Keeper]) -> None:
    busy = keeper(lambda asked: 0.2 * asked, answers_at=2)
    line = line_to(busy)

    assert line.receive() == b"the answer"
    assert line.clock.used < TEST_SECONDS


def test_who_had_the_processor_all_the_time_is_out_of_time(keeper: Callable[..., Keeper]) -> None:
    """And so is who slept: a lock that never opens is the candidate's."""
    idle = keeper(lambda _: 0.001)

    with pytest.raises(Gone, match=r"no answer within 0\.3 s"):
        line_to(idle).receive()
    assert idle.asked == 1


def test_what_is_given_back_is_bounded(keeper: Callable[..., Keeper]) -> None:
    """The figure comes from the candidate's box: one that is forged must not hold the grading up for ever."""
    forged = keeper(lambda asked: 1e9 * asked)

    with pytest.raises(Gone, match="no answer"):
        line_to(forged, patience=0.4).receive()
    assert forged.asked == 2


@pytest.mark.parametrize("said", [float("nan"), float("inf"), -5.0, True, "long", None])
def test_nonsense_gives_nothing_back_or_no_more_than_there_is(
    keeper: Callable[..., Keeper], said: object
) -> None:
    odd = keeper(lambda _: said)

    with pytest.raises(Gone, match="no answer"):
        line_to(odd, patience=0.1).receive()
