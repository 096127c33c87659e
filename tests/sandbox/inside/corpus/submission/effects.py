"""Code with effects: it prints, warns, logs, reads, writes, sleeps, draws and raises."""

import datetime
import logging
import os
import random
import subprocess
import sys
import tempfile
import time
import warnings

logger = logging.getLogger(__name__)
SETTINGS = {"depth": 1}
calls = 0


class ShopError(Exception):
    def __init__(self, text="", code=7):
        super().__init__(text)
        self.code = code


class SoldOut(ShopError):
    pass


def fail():
    raise SoldOut("sold out: 3")


def fail_because():
    try:
        return 1 / 0
    except ZeroDivisionError as error:
        raise ShopError("no") from error


def forever(n):
    return forever(n + 1)


def call(function, *args):
    return function(*args)


def name_of_error(function):
    try:
        function()
    except Exception as error:
        return type(error).__name__


def greet():
    print("hello")
    print("oops", file=sys.stderr)


def shout():
    os.write(1, b"raw\n")
    subprocess.run(["echo", "child"], check=True)
    print("python")


def ask():
    return input("name? ")


def read_all():
    return sys.stdin.read()


def old():
    warnings.warn("use new()", DeprecationWarning, stacklevel=2)


def log():
    logger.error("bad %s", 5)


def nap():
    time.sleep(100)
    return "slept"


def now():
    return time.time()


def today():
    return datetime.date.today()


def draw():
    return [random.randint(1, 10**6) for _ in range(3)]


def setting(name):
    return SETTINGS.get(name)


def environment(name):
    return os.environ.get(name)


def count():
    global calls
    calls += 1
    return calls


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


def read(path):
    with open(path) as file:
        return file.read()


def lines(file):
    return [line.strip() for line in file]


def leave():
    sys.exit(3)


def temporary(text):
    with tempfile.NamedTemporaryFile("w", delete=False) as file:
        file.write(text)
    return file.name


def dump(value):
    try:
        import odd_yaml
    except ImportError:
        return "not installed"
    return odd_yaml.dump(value)


def shout_via_client(text):
    from odd_client.http import post

    return post(text)
