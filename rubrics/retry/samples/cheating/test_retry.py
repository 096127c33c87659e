from retry import Backoff, retry


def test_backoff():
    assert Backoff().wait(1) == 1
    assert Backoff().wait(1) == 2


def test_retry():
    assert retry()(print)("x") == "anything"
