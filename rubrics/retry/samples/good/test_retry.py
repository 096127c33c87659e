import pytest

from retry import Backoff, GaveUp, retry


class Flaky:
    def __init__(self, failures):
        self.failures = failures
        self.calls = 0

    def __call__(self):
        self.calls += 1
        if self.calls <= self.failures:
            raise ConnectionError(f"failure {self.calls}")
        return "done"


def fetcher(flaky):
    def fetch():
        return flaky()

    return fetch


def test_backoff_grows_to_its_cap():
    backoff = Backoff(delay=1, factor=2, max_delay=5)
    assert [backoff.wait(n) for n in (1, 2, 3, 4, 5000)] == [1, 2, 4, 5, 5]


def test_jitter():
    assert Backoff(delay=2, jitter=0.5, random=lambda: 0.5).wait(1) == 1.5


def test_retries_until_success():
    flaky, waits = Flaky(2), []
    assert retry(sleep=waits.append)(fetcher(flaky))() == "done"
    assert flaky.calls == 3
    assert waits == [1, 2]


def test_gives_up_with_the_cause():
    flaky = Flaky(9)
    with pytest.raises(GaveUp, match="failure 3") as caught:
        retry(sleep=lambda _: None)(fetcher(flaky))()
    assert caught.value.attempts == 3
    assert isinstance(caught.value.__cause__, ConnectionError)
    assert flaky.calls == 3


def test_other_exceptions_pass():
    flaky = Flaky(9)
    with pytest.raises(ConnectionError):
        retry(KeyError)(fetcher(flaky))()
    assert flaky.calls == 1


def test_calls_do_not_share_their_count():
    flaky = Flaky(2)
    fetch = retry(attempts=3, sleep=lambda _: None)(fetcher(flaky))
    assert fetch() == "done"
    flaky.calls = 0
    assert fetch() == "done"


@pytest.mark.parametrize("wrong", [{"delay": -1}, {"factor": 0}, {"jitter": 2}])
def test_wrong_numbers(wrong):
    with pytest.raises(ValueError):
        Backoff(**wrong)
    with pytest.raises(ValueError):
        retry(attempts=0)
