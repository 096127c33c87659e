"""Tests of retry and Backoff."""

from retry import Backoff, GaveUp, retry


def nothing(seconds):
    pass


def test_backoff():
    backoff = Backoff(delay=0.5, jitter=0.1)
    for failures in range(1, 100):
        backoff.wait(failures)


def test_works():
    retry()(lambda: 1)()


def test_gives_up():
    def fail():
        raise ConnectionError("down")

    try:
        retry(attempts=4, sleep=nothing, on_retry=lambda *_: None, give_up_after=100)(fail)()
    except GaveUp as error:
        print(error)


def test_wrong_numbers():
    try:
        retry(attempts=0)
    except ValueError:
        assert True
