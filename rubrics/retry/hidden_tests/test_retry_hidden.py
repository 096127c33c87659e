"""Hidden suite of the take-home `retry`. Every test checks a sentence of brief.md and nothing else.

One mistake is to be charged once: tests of waiting succeed before the attempts run out, tests of reporting
compare with the calls that were really made. Nothing here waits longer than a few milliseconds.
"""

import time

import pytest
from retry import Backoff, GaveUp, retry


class Service:
    """A function that fails so many times before it answers, and remembers its calls."""

    def __init__(self, failures, error=ConnectionError):
        self.failures = failures
        self.error = error
        self.calls = []

    def fetch(self, *args, **kwargs):
        self.calls.append((args, kwargs))
        if len(self.calls) <= self.failures:
            raise self.error(f"failure {len(self.calls)}")
        return f"answer {len(self.calls)}"


class FakeTime:
    """A clock that moves only by sleeping, and by `work` at each look."""

    def __init__(self, work=0.0):
        self.now = 1000.0
        self.work = work
        self.waits = []

    def sleep(self, seconds):
        self.waits.append(seconds)
        self.now += seconds

    def clock(self):
        self.now += self.work
        return self.now


def ignore(seconds):
    """Sleep in no time."""


@pytest.mark.criterion("retrying")
def test_a_call_that_works_is_made_once():
    service = Service(failures=0)
    assert retry(sleep=ignore)(service.fetch)() == "answer 1"
    assert len(service.calls) == 1


@pytest.mark.criterion("retrying")
def test_arguments_are_passed_on_each_time():
    service = Service(failures=2)

    def fetch(*args, **kwargs):
        return service.fetch(*args, **kwargs)

    assert retry(sleep=ignore)(fetch)("x", 2, key=[3]) == "answer 3"
    assert service.calls == [(("x", 2), {"key": [3]})] * 3


@pytest.mark.criterion("retrying")
@pytest.mark.parametrize("attempts", [1, 2, 5])
def test_number_of_calls_in_all(attempts):
    service = Service(failures=99)
    with pytest.raises(GaveUp):
        retry(attempts=attempts, sleep=ignore)(service.fetch)()
    assert len(service.calls) == attempts


@pytest.mark.criterion("retrying")
def test_three_attempts_by_default():
    service = Service(failures=99)
    with pytest.raises(GaveUp):
        retry(sleep=ignore)(service.fetch)()
    assert len(service.calls) == 3


@pytest.mark.criterion("retrying")
def test_falsy_results_are_results():
    calls = []

    def empty():
        calls.append(1)

    assert retry(sleep=ignore)(empty)() is None
    assert calls == [1]


@pytest.mark.criterion("retrying")
@pytest.mark.parametrize("exceptions", [TimeoutError, (KeyError, TimeoutError), OSError], ids=["class", "tuple", "base"])
def test_listed_exceptions_are_retried(exceptions):
    service = Service(failures=1, error=TimeoutError)
    assert retry(exceptions, sleep=ignore)(service.fetch)() == "answer 2"


@pytest.mark.criterion("retrying")
@pytest.mark.parametrize("exceptions", [TimeoutError, (KeyError, TimeoutError)], ids=["class", "tuple"])
def test_other_exceptions_pass_at_once(exceptions):
    service = Service(failures=9, error=ZeroDivisionError)
    with pytest.raises(ZeroDivisionError, match="failure 1"):
        retry(exceptions, sleep=ignore)(service.fetch)()
    assert len(service.calls) == 1


@pytest.mark.criterion("retrying")
def test_keyboard_interrupt_passes_by_default():
    service = Service(failures=9, error=KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        retry(sleep=ignore)(service.fetch)()
    assert len(service.calls) == 1


@pytest.mark.criterion("retrying")
def test_each_call_starts_from_zero():
    service = Service(failures=99)
    decorated = retry(attempts=4, sleep=ignore)(service.fetch)
    made = []
    for _ in range(3):
        service.calls.clear()
        with pytest.raises(GaveUp):
            decorated()
        made.append(len(service.calls))
    assert made[0] == made[1] == made[2] > 1


@pytest.mark.criterion("retrying")
def test_one_decorator_for_two_functions():
    decorate = retry(attempts=3, sleep=ignore)
    first, second = Service(failures=2), Service(failures=2)
    decorated = [decorate(first.fetch), decorate(second.fetch)]
    assert [function() for function in decorated] == ["answer 3", "answer 3"]


@pytest.mark.criterion("retrying")
def test_name_docstring_and_original_are_kept():
    def fetch_page():
        """Fetch one page."""

    decorated = retry()(fetch_page)
    assert decorated.__name__ == "fetch_page"
    assert decorated.__doc__ == "Fetch one page."
    assert decorated.__wrapped__ is fetch_page


@pytest.mark.criterion("waiting")
def test_waits_grow_by_the_factor():
    backoff = Backoff(delay=0.5, factor=3, max_delay=1000)
    assert [backoff.wait(failures) for failures in (1, 2, 3, 4)] == pytest.approx([0.5, 1.5, 4.5, 13.5])


@pytest.mark.criterion("waiting")
def test_default_waits():
    backoff = Backoff()
    assert [backoff.wait(failures) for failures in (1, 2, 3, 6)] == pytest.approx([1, 2, 4, 32])


@pytest.mark.criterion("waiting")
def test_waits_are_capped():
    assert [Backoff().wait(failures) for failures in (6, 7, 8)] == pytest.approx([32, 60, 60])
    assert Backoff(delay=10, max_delay=4).wait(1) == pytest.approx(4)


@pytest.mark.criterion("waiting")
@pytest.mark.parametrize("factor", [2, 2.0, 1.5])
def test_waits_are_capped_however_many_failures(factor):
    assert Backoff(factor=factor, max_delay=7.5).wait(5000) == pytest.approx(7.5)


@pytest.mark.criterion("waiting")
def test_a_factor_of_one_keeps_the_wait():
    assert Backoff(delay=0.25, factor=1).wait(50) == pytest.approx(0.25)


@pytest.mark.criterion("waiting")
@pytest.mark.parametrize(("jitter", "chance", "seconds"), [(0.5, 0.0, 8), (0.5, 0.5, 6), (1, 0.75, 2), (0.25, 0.8, 6.4)])
def test_jitter_shortens_a_wait(jitter, chance, seconds):
    backoff = Backoff(delay=4, jitter=jitter, random=lambda: chance)
    assert backoff.wait(2) == pytest.approx(seconds)


@pytest.mark.criterion("waiting")
def test_jitter_comes_after_the_cap():
    backoff = Backoff(delay=100, max_delay=10, jitter=0.5, random=lambda: 0.5)
    assert backoff.wait(1) == pytest.approx(7.5)


@pytest.mark.criterion("waiting")
def test_each_wait_has_its_own_chance():
    chances = iter([0.0, 0.5, 0.25])
    backoff = Backoff(delay=1, factor=1, jitter=1, random=lambda: next(chances))
    assert [backoff.wait(failures) for failures in (1, 2, 3)] == pytest.approx([1, 0.5, 0.75])


@pytest.mark.criterion("waiting")
def test_waits_between_attempts_only():
    service, fake = Service(failures=3), FakeTime()
    decorated = retry(attempts=10, backoff=Backoff(delay=0.5), sleep=fake.sleep)(service.fetch)
    assert decorated() == "answer 4"
    assert fake.waits == pytest.approx([0.5, 1, 2])


@pytest.mark.criterion("waiting")
def test_no_wait_after_the_last_attempt():
    service, fake = Service(failures=99), FakeTime()
    with pytest.raises(GaveUp):
        retry(attempts=3, sleep=fake.sleep)(service.fetch)()
    assert len(fake.waits) == len(service.calls) - 1


@pytest.mark.criterion("waiting")
def test_default_backoff():
    service, fake = Service(failures=3), FakeTime()
    retry(attempts=10, sleep=fake.sleep)(service.fetch)()
    assert fake.waits == pytest.approx([1, 2, 4])


@pytest.mark.criterion("waiting")
def test_time_sleep_is_looked_up_when_waiting(monkeypatch):
    service, fake = Service(failures=2), FakeTime()
    decorated = retry(attempts=10, backoff=Backoff(delay=0.002))(service.fetch)
    monkeypatch.setattr(time, "sleep", fake.sleep)
    assert decorated() == "answer 3"
    assert fake.waits == pytest.approx([0.002, 0.004])


@pytest.mark.criterion("waiting")
@pytest.mark.parametrize(("limit", "waits"), [(7, [1, 2, 4]), (6.9, [1, 2]), (1, [1]), (0.5, [])])
def test_gives_up_rather_than_wait_too_long(limit, waits):
    service, fake = Service(failures=99), FakeTime()
    decorated = retry(attempts=50, give_up_after=limit, sleep=fake.sleep, clock=fake.clock)(service.fetch)
    with pytest.raises(GaveUp):
        decorated()
    assert fake.waits == pytest.approx(waits)
    assert len(service.calls) == len(waits) + 1


@pytest.mark.criterion("waiting")
def test_time_that_the_calls_take_counts():
    service, fake = Service(failures=99), FakeTime()

    def slow():
        fake.now += 3
        return service.fetch()

    backoff = Backoff(delay=1, factor=1)
    decorated = retry(attempts=50, backoff=backoff, give_up_after=8, sleep=fake.sleep, clock=fake.clock)(slow)
    with pytest.raises(GaveUp):
        decorated()
    assert len(service.calls) == 3


@pytest.mark.criterion("reporting")
def test_gave_up_tells_the_number_of_calls():
    service = Service(failures=99)
    with pytest.raises(GaveUp) as caught:
        retry(attempts=4, sleep=ignore)(service.fetch)()
    assert caught.value.attempts == len(service.calls)


@pytest.mark.criterion("reporting")
def test_gave_up_comes_from_the_last_exception():
    service = Service(failures=99, error=TimeoutError)
    with pytest.raises(GaveUp) as caught:
        retry(attempts=2, sleep=ignore)(service.fetch)()
    last = f"failure {len(service.calls)}"
    assert isinstance(caught.value.__cause__, TimeoutError)
    assert str(caught.value.__cause__) == last
    assert last in str(caught.value)


@pytest.mark.criterion("reporting")
def test_giving_up_in_time_is_reported_alike():
    service, fake = Service(failures=99, error=TimeoutError), FakeTime()
    with pytest.raises(GaveUp, match="failure 2") as caught:
        retry(attempts=50, give_up_after=2, sleep=fake.sleep, clock=fake.clock)(service.fetch)()
    assert isinstance(caught.value.__cause__, TimeoutError)
    assert caught.value.attempts == 2


@pytest.mark.criterion("reporting")
def test_on_retry_is_told_what_happened():
    service, seen = Service(failures=2), []

    def note(failures, error, seconds):
        seen.append((failures, type(error).__name__, str(error), seconds))

    retry(attempts=10, backoff=Backoff(delay=0.5), on_retry=note, sleep=ignore)(service.fetch)()
    assert seen == [(1, "ConnectionError", "failure 1", 0.5), (2, "ConnectionError", "failure 2", 1.0)]


@pytest.mark.criterion("reporting")
def test_on_retry_comes_before_each_wait_and_only_then():
    service, order = Service(failures=99), []
    decorated = retry(
        attempts=3,
        on_retry=lambda failures, error, seconds: order.append("told"),
        sleep=lambda seconds: order.append("slept"),
    )(service.fetch)
    with pytest.raises(GaveUp):
        decorated()
    assert order == ["told", "slept"] * (len(service.calls) - 1)


@pytest.mark.criterion("reporting")
def test_what_on_retry_raises_goes_to_the_caller():
    service = Service(failures=99)

    def refuse(failures, error, seconds):
        raise ZeroDivisionError("enough")

    with pytest.raises(ZeroDivisionError, match="enough"):
        retry(attempts=10, on_retry=refuse, sleep=ignore)(service.fetch)()
    assert len(service.calls) == 1


@pytest.mark.criterion("errors")
@pytest.mark.parametrize(
    "wrong",
    [{"delay": -0.1}, {"max_delay": -1}, {"factor": 0.9}, {"jitter": -0.1}, {"jitter": 1.1}],
    ids=repr,
)
def test_backoff_refuses_wrong_numbers_at_once(wrong):
    with pytest.raises(ValueError):
        Backoff(**wrong)


@pytest.mark.criterion("errors")
def test_borders_are_accepted():
    assert Backoff(delay=0, max_delay=0, factor=1, jitter=0).wait(1) == 0
    assert Backoff(delay=1, jitter=1, random=lambda: 0.0).wait(1) == 1
    assert retry(attempts=1, give_up_after=0)(lambda: "done")() == "done"


@pytest.mark.criterion("errors")
@pytest.mark.parametrize("wrong", [{"attempts": 0}, {"attempts": -3}, {"give_up_after": -1}], ids=repr)
def test_retry_refuses_wrong_numbers_at_once(wrong):
    with pytest.raises(ValueError):
        retry(**wrong)


@pytest.mark.criterion("errors")
@pytest.mark.parametrize("failures", [0, -1])
def test_wait_needs_a_failure(failures):
    with pytest.raises(ValueError):
        Backoff().wait(failures)
