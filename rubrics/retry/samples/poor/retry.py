import time, random

class GaveUp(Exception):
    pass

class Backoff:
    def __init__(self, delay=1.0, factor=2.0, max_delay=60.0, jitter=0.0, random=None):
        self.d = delay
        self.f = factor

    def wait(self, n):
        x = self.d
        for i in range(n):
            x = x * self.f
        return x

def retry(exceptions=Exception, *, attempts=3, backoff=None, give_up_after=None, on_retry=None, sleep=None, clock=None):
    def dec(f):
        def w(*a):
            n = 0
            while n <= attempts:
                try:
                    return f(*a)
                except:
                    n += 1
                    print("error, trying again")
                    if sleep:
                        sleep(1)
                    else:
                        time.sleep(0.001)
            return None
        return w
    return dec
