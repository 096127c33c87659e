from retry import Backoff, retry


def test_backoff():
    assert Backoff().wait(1) == 1
    assert Backoff().wait(2) == 2


def test_retry():
    calls = []

    @retry(sleep=lambda seconds: None)
    def f():
        calls.append(1)
        if len(calls) < 3:
            raise ValueError
        return 42

    assert f() == 42
