import functools
import random
import time


class GaveUp(Exception):
    def __init__(self, attempts):
        self.attempts = attempts
        super().__init__("gave up")


class Backoff:
    def __init__(self, delay=1.0, factor=2.0, max_delay=60.0, jitter=0.0, random=random.random):
        self.delay = delay
        self.factor = factor
        self.max_delay = max_delay
        self.jitter = jitter
        self.random = random

    def wait(self, failures):
        wait = self.delay * self.factor ** (failures - 1)
        wait = wait * (1 - self.jitter * self.random())
        return min(wait, self.max_delay)


def retry(
    exceptions=Exception, *, attempts=3, backoff=None, give_up_after=None, on_retry=None, sleep=None, clock=None
):
    if backoff is None:
        backoff = Backoff()
    if sleep is None:
        sleep = time.sleep

    def decorator(f):
        @functools.wraps(f)
        def wrapper(*args, **kwargs):
            for i in range(attempts):
                try:
                    return f(*args, **kwargs)
                except exceptions as e:
                    wait = backoff.wait(i + 1)
                    if on_retry:
                        on_retry(i + 1, e, wait)
                    sleep(wait)
            raise GaveUp(attempts)

        return wrapper

    return decorator
