import argparse
import heapq
import json
import sys
from datetime import datetime, timedelta


class Bad(ValueError):
    pass


def do_it(x):
    try:
        d = json.loads(x.decode("utf-8"))
    except (ValueError, RecursionError) as e:
        raise Bad(f"not JSON: {e}") from e
    if not isinstance(d, dict):
        raise Bad("not an object")
    return chk1(d.get("time")), chk2(d)


def chk1(val):
    if not isinstance(val, str):
        raise Bad("no time")
    try:
        tmp = datetime.fromisoformat(val)
    except ValueError as e:
        raise Bad(f"not a time: {val!r}") from e
    if tmp.utcoffset() is None:
        raise Bad(f"no offset: {val!r}")
    return tmp


def chk2(d):
    l1 = d.get("level")
    if not isinstance(l1, str):
        raise Bad("no level")
    if l1 != "error":
        return None
    c1 = d.get("code")
    if not isinstance(c1, str) or not c1:
        raise Bad("no code")
    return c1


class Thing:
    def __init__(self, foo):
        self.foo = foo
        self.tmp = None
        self.data = {}
        self.data2 = []

    def proc(self, a, b):
        if self.tmp is None or a > self.tmp:
            self.tmp = a
        if b is not None and self.tmp - a < self.foo:
            heapq.heappush(self.data2, (a, b))
            self.data[b] = self.data.get(b, 0) + 1
        while self.data2 and self.tmp - self.data2[0][0] >= self.foo:
            obj = heapq.heappop(self.data2)[1]
            self.data[obj] -= 1
            if not self.data[obj]:
                del self.data[obj]

    def res(self, n):
        return sorted(self.data.items(), key=lambda q: (-q[1], q[0]))[:n]


def stuff(lst, n1, n2):
    thing = Thing(n2)
    cnt = 0
    for x in lst:
        if not x.strip():
            continue
        try:
            thing.proc(*do_it(x))
        except Bad:
            cnt += 1
    return thing.res(n1), cnt


def num(s):
    n = int(s)
    if n < 1:
        raise argparse.ArgumentTypeError(f"{s} is not a whole number from 1 up")
    return n


def doArgs(argv):
    p = argparse.ArgumentParser(prog="digest.py")
    p.add_argument("log")
    p.add_argument("--top", type=num, default=10)
    p.add_argument("--window", type=num, default=60)
    return p.parse_args(argv)


def main(argv):
    a = doArgs(argv)
    td = timedelta(minutes=a.window)
    try:
        if a.log == "-":
            data, data2 = stuff(sys.stdin.buffer, a.top, td)
        else:
            with open(a.log, "rb") as fh:
                data, data2 = stuff(fh, a.top, td)
    except OSError as e:
        print(f"cannot read {a.log}: {e.strerror}", file=sys.stderr)
        return 1
    for foo, bar in data:
        print(f"{bar}\t{foo}")
    if data2:
        print(f"malformed lines: {data2}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
