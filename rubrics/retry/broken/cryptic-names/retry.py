import functools
import random
import time


class GaveUp(Exception):
    def __init__(self, n1, e1):
        self.attempts = n1
        super().__init__(f"gave up after {n1} attempts: {e1}")


class Backoff:
    def __init__(self, delay=1.0, factor=2.0, max_delay=60.0, jitter=0.0, random=random.random):
        chk(delay >= 0, "delay", delay)
        chk(factor >= 1, "factor", factor)
        chk(max_delay >= 0, "max_delay", max_delay)
        chk(0 <= jitter <= 1, "jitter", jitter)
        self.a1 = delay
        self.a2 = factor
        self.a3 = max_delay
        self.a4 = jitter
        self.a5 = random

    def wait(self, failures):
        chk(failures >= 1, "failures", failures)
        try:
            tmp = min(self.a1 * self.a2 ** (failures - 1), self.a3)
        except OverflowError:
            tmp = self.a3
        return tmp * (1 - self.a4 * self.a5())


def retry(
    exceptions=Exception, *, attempts=3, backoff=None, give_up_after=None, on_retry=None, sleep=None, clock=None
):
    chk(attempts >= 1, "attempts", attempts)
    if give_up_after is not None:
        chk(give_up_after >= 0, "give_up_after", give_up_after)
    thing = backoff or Backoff()

    def do_stuff(f2):
        @functools.wraps(f2)
        def do_stuff2(*x1, **x2):
            foo = clock or time.monotonic
            tmp1 = foo()
            cnt = 0
            while True:
                try:
                    return f2(*x1, **x2)
                except exceptions as e1:
                    cnt += 1
                    if cnt == attempts:
                        raise GaveUp(cnt, e1) from e1
                    tmp2 = thing.wait(cnt)
                    if give_up_after is not None and foo() - tmp1 + tmp2 > give_up_after:
                        raise GaveUp(cnt, e1) from e1
                    if on_retry is not None:
                        on_retry(cnt, e1, tmp2)
                (sleep or time.sleep)(tmp2)

        return do_stuff2

    return do_stuff


def chk(b, s, val):
    if not b:
        raise ValueError(f"{s} must not be {val}")
