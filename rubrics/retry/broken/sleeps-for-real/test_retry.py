"""Tests of retry and Backoff. Nothing here waits: time is a list of numbers."""

import pytest

from retry import Backoff, GaveUp, retry


class Time:
    """A clock that moves only when somebody sleeps."""

    def __init__(self):
        self.now = 100.0
        self.waits = []

    def clock(self):
        return self.now

    def sleep(self, seconds):
        self.waits.append(seconds)
        self.now += seconds


@pytest.fixture
def time():
    return Time()


def failing(times, error=ConnectionError):
    """Return a function that fails so many times and then returns its argument, and the list of its calls."""
    calls = []

    def fetch(*args, **kwargs):
        """Fetch something."""
        calls.append((args, kwargs))
        if len(calls) <= times:
            raise error(f"failure {len(calls)}")
        return args, kwargs

    return fetch, calls


@pytest.mark.parametrize(("failures", "seconds"), [(1, 0.5), (2, 1.5), (3, 4.5), (4, 10), (5000, 10)])
def test_waits_grow_up_to_the_cap(failures, seconds):
    assert Backoff(delay=0.5, factor=3.0, max_delay=10).wait(failures) == seconds


def test_default_waits():
    assert [Backoff().wait(failures) for failures in (1, 2, 3, 7)] == [1, 2, 4, 60]


@pytest.mark.parametrize(("jitter", "chance", "seconds"), [(0.5, 0.0, 8), (0.5, 0.5, 6), (1, 0.75, 2), (0, 0.9, 8)])
def test_jitter_shortens_the_capped_wait(jitter, chance, seconds):
    backoff = Backoff(delay=20, max_delay=8, jitter=jitter, random=lambda: chance)
    assert backoff.wait(1) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "wrong", [{"delay": -1}, {"factor": 0.5}, {"max_delay": -1}, {"jitter": 1.5}, {"jitter": -0.1}]
)
def test_backoff_refuses_wrong_numbers(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Backoff(**wrong)


def test_wait_needs_a_failure():
    with pytest.raises(ValueError, match="failures"):
        Backoff().wait(0)


@pytest.mark.parametrize("wrong", [{"attempts": 0}, {"give_up_after": -1}])
def test_retry_refuses_wrong_numbers(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        retry(**wrong)


def test_success_needs_one_call(time):
    fetch, calls = failing(0)
    assert retry(sleep=time.sleep)(fetch)(1, key=2) == ((1,), {"key": 2})
    assert len(calls) == 1
    assert time.waits == []


def test_tries_until_it_works(time):
    fetch, calls = failing(3)
    assert retry(attempts=4, sleep=time.sleep)(fetch)("x", y="z") == (("x",), {"y": "z"})
    assert calls == [(("x",), {"y": "z"})] * 4
    assert time.waits == [1, 2, 4]


def test_gives_up(time):
    fetch, calls = failing(9)
    with pytest.raises(GaveUp, match="failure 3") as caught:
        retry(ConnectionError, attempts=3, sleep=time.sleep)(fetch)()
    assert len(calls) == caught.value.attempts == 3
    assert isinstance(caught.value.__cause__, ConnectionError)
    assert time.waits == [1, 2]


def test_each_call_starts_from_zero(time):
    decorate = retry(attempts=2, sleep=time.sleep)
    for _ in range(3):
        fetch, _calls = failing(1)
        assert decorate(fetch)() == ((), {})
    fetch, calls = failing(99)
    decorated = decorate(fetch)
    for expected in (2, 4):
        with pytest.raises(GaveUp):
            decorated()
        assert len(calls) == expected


@pytest.mark.parametrize("error", [KeyError, KeyboardInterrupt])
def test_other_exceptions_pass(time, error):
    fetch, calls = failing(9, error)
    with pytest.raises(error):
        retry((ConnectionError, TimeoutError), sleep=time.sleep)(fetch)()
    assert len(calls) == 1


def test_name_and_docstring_are_kept():
    fetch, _ = failing(0)
    decorated = retry()(fetch)
    assert (decorated.__name__, decorated.__doc__) == ("fetch", "Fetch something.")
    assert decorated.__wrapped__ is fetch


@pytest.mark.parametrize(("limit", "expected"), [(7, [1, 2, 4]), (6.5, [1, 2]), (0, [])])
def test_gives_up_in_time(time, limit, expected):
    fetch, calls = failing(99)
    decorated = retry(attempts=9, give_up_after=limit, sleep=time.sleep, clock=time.clock)(fetch)
    with pytest.raises(GaveUp) as caught:
        decorated()
    assert time.waits == expected
    assert caught.value.attempts == len(calls) == len(expected) + 1


def test_on_retry_comes_before_each_wait(time):
    fetch, _ = failing(99)
    seen = []

    def note(failures, error, seconds):
        seen.append((failures, str(error), seconds, len(time.waits)))

    with pytest.raises(GaveUp):
        retry(attempts=3, on_retry=note, sleep=time.sleep)(fetch)()
    assert seen == [(1, "failure 1", 1, 0), (2, "failure 2", 2, 1)]


def test_time_sleep_is_the_default(monkeypatch, time):
    monkeypatch.setattr("time.monotonic", time.clock)
    fetch, calls = failing(2)
    retry(give_up_after=60, backoff=Backoff(delay=0.001))(fetch)()
    assert len(calls) == 3
