"""Speaking over the very line on which the tests are answered: out of turn, without reading, without end."""

from __future__ import annotations

from tests.hostile.idea import Idea, at_import, in_call, retrying, solution

LINE = '''
import json, os, socket, stat, struct, threading, time


def line():
    """The socket on which calls come in."""
    for fd in range(3, 64):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode):
                return socket.socket(fileno=os.dup(fd))
        except OSError:
            pass


def frame(payload, kind=3):
    return struct.pack(">IB", len(payload), kind) + payload


def message(lane, kind, body, **extras):
    return frame(json.dumps([lane, kind, body, extras]).encode())


def later(work):
    threading.Thread(target=work, daemon=True).start()
'''
"""How a process of the candidate's finds the line and speaks on it."""

_FORGED = """
SUITE = b"def test_everything():\\n    assert True\\n"
RECORD = struct.pack(">II", len(b"test_flatten_hidden.py"), len(SUITE)) + b"test_flatten_hidden.py" + SUITE
UPLOAD = frame(json.dumps({"do": "upload", "bytes": len(RECORD)}).encode(), 1) + frame(RECORD, 2)
SLEDS = b"".join(bytes(50_000 + step) + UPLOAD for step in range(5))  # zeros are frames that mean nothing


def speak():
    time.sleep(0.001)
    line().sendall(frame(SLEDS * 50))
"""


def _asks(body: str) -> dict[str, bytes]:
    """The wrong `retry.py`, which does `body` in each call with the line in its hands."""
    return retrying(body, lies=LINE)


IDEAS = (
    Idea(
        "flood-of-requests",
        "ask and ask, and read no answer, until every buffer between the two sides is full",
        in_call("sock = line()\nwhile True:\n    sock.sendall(message('main', 'q', ['repr', 1]) * 1000)", top=LINE),
    ),
    Idea(
        "flood-on-many-lanes",
        "have the other side start a thread for each of a million questions",
        in_call(
            "sock = line()\nnumber = 0\nwhile True:\n    number += 1\n    sock.sendall(message(f'c{number}', 'q', ['repr', 1]))",
            top=LINE,
        ),
    ),
    Idea(
        "flood-from-a-thread",
        "answer properly while a thread asks without reading",
        in_call(
            "later(lambda: [line().sendall(message('c1', 'q', ['repr', 'x' * 1000]) * 100) for _ in iter(int, 1)])\nreturn {}",
            top=LINE,
        ),
    ),
    Idea(
        "word-behind-the-last-answer",
        "have more to say when the suite is over: half of a message, whose other half is an order to the seat",
        in_call("later(speak)\nreturn {}", top=LINE + _FORGED),
    ),
    Idea(
        "flood-by-own-threads",
        "answer and go on talking, in orders that only the host may give",
        at_import(
            LINE
            + _FORGED
            + "\ndef talk():\n    import time\n    sock = line()\n    while True:\n        sock.sendall(message('main', 'q', ['repr', 1], o=[['o', 'x' * 100_000]]))\n        time.sleep(0.01)\n\nlater(talk)\n"
        ),
    ),
    Idea(
        "deaf-caller",
        "never read what is asked, so that whoever asks waits",
        in_call("sock = line()\nsock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)\nos.kill(os.getpid(), 19)", top=LINE),
    ),
    Idea(
        "half-closed-line",
        "close one direction of the line and stay",
        in_call("line().shutdown(socket.SHUT_WR)\nthreading.Event().wait()", top=LINE),
    ),
    Idea(
        "half-closed-line-other-way",
        "close the other direction of the line and go on talking",
        in_call("line().shutdown(socket.SHUT_RD)\nwhile True:\n    line().sendall(message('main', 'r', {}))", top=LINE),
    ),
    Idea(
        "line-full-of-descriptors",
        "send open files along with the answer",
        in_call(
            "sock = line()\nwhile True:\n    socket.send_fds(sock, [frame(b'x')], [os.open('/dev/null', os.O_RDONLY) for _ in range(100)])",
            top=LINE,
        ),
    ),
    Idea(
        "answers-before-questions",
        "have an answer ready for each question that may come",
        in_call("line().sendall(message('main', 'r', {}) * 1000)\nreturn {}", top=LINE),
    ),
    Idea(
        "answers-on-every-lane",
        "answer for threads that ask nothing",
        in_call("line().sendall(b''.join(message(f'd{n}', 'r', {}) for n in range(1000)))\nreturn {}", top=LINE),
    ),
    Idea(
        "message-of-odd-shapes",
        "send messages that are almost right",
        in_call(
            """
            import random
            shapes = [None, True, -1, 1.5, 'x', [], {}, [[]], ['main'], ['main', 'r'], ['main', 'r', {}], ['main', 'r', {}, []],
                      ['main', 'r', ['l', 2, {}], {}], ['main', 'r', ['d', 1, 7], {}], ['main', 'x', ['E', 1, ['T', 'X'], [], {}], {}],
                      ['main', 'r', {}, {'f': {'../x': [0, '']}}], ['main', 'r', {}, {'o': 7}], ['main', 'r', {}, {'lg': 7}],
                      ['main', 'r', {}, {'lg': [7]}], ['main', 'r', {}, {'lg': [{}]}], ['main', 'r', {}, {'o': [['1', None]]}],
                      ['main', 'r', {}, {'o': [['1']]}], ['main', 'r', {}, {'u': [[2, 3]]}], ['main', 'r', {}, {'u': 7}],
                      ['main', 'r', {}, {'k': 7}], ['main', 'r', {}, {'z': [[1]]}], ['main', 'r', {}, {'z': [[[], {}]]}],
                      ['main', 'r', {}, {'s': 7}], ['main', 'r', {}, {'f': 7}], ['main', 'r', {}, {'f': {'a': 7}}],
                      ['main', 'r', {}, {'f': {'a' * 300: [0, '']}}], ['main', 'r', {}, {'f': {'a': [0, ''], 'a/b': [0, '']}}],
                      ['main', 'q', 7, {}], ['main', 'q', [], {}], ['main', 'q', [[]], {}], ['main', 'q', ['call'], {}],
                      ['main', 'q', ['meth', 1, 2, 3], {}], ['main', 'q', ['stdin', 'read', 'x'], {}], ['main', 'l', [], {}],
                      ['main', 'r', ['x', 'Pattern', '(', 0], {}], ['main', 'r', ['x', 'Decimal', 'sNaN'], {}],
                      ['main', 'r', ['x', 'range', 0, 10**400, 1], {}], ['main', 'r', ['x', 'timedelta', 10**20, 0, 0], {}],
                      ['main', 'r', ['o', 1, ['C', 1], None], {}], ['main', 'r', ['v', 1, 2, 3], {}], ['main', 'r', ['nt', 1, 'a', [], []], {}],
                      ['main', 'r', ['fn', [], {}], {}], ['main', 'r', ['fn', 1, {}], {}], ['main', 'r', ['m', 1, []], {}],
                      ['main', 'r', ['g', 1, 'x', True], {}], ['main', 'r', ['x', 'UUID', []], {}], ['main', 'r', ['C', 1, {}], {}],
                      ['main', 'r', ['x', 'keys', ['l', 1, []]], {}], ['main', 'r', ['f', [['l', 1, []]]], {}], ['main', 'r', ['bm', 1, '__globals__'], {}]]
            payload = json.dumps(random.choice(shapes)).encode()
            line().sendall(frame(payload))
            threading.Event().wait(0.2)
            return {}
            """,
            top=LINE,
        ),
    ),
    Idea(
        "values-kept-by-the-test",
        "give the test so much to remember that its own memory fills",
        retrying("on_retry = on_retry or print\nfor n in range(200):\n    on_retry([[] for _ in range(10**6)], [], 0.0)\n"),
        base="wrong retry",
    ),
    Idea(
        "values-kept-as-objects",
        "give the test a million objects, each of a class of its own",
        retrying("for n in range(10**6):\n    (on_retry or sleep)(type(f'C{n}', (), {'x' * 1000: n})(), [], 0.0)\n"),
        base="wrong retry",
    ),
    Idea(
        "requests-from-a-callback-flood",
        "call the test back by hand, on a line that nobody reads",
        _asks("sock = line()\nwhile True:\n    sock.sendall(message('c1', 'q', ['dir', ['p', 2]]) * 1000)\n"),
        base="wrong retry",
    ),
    Idea(
        "numbers-of-others",
        "use the numbers of objects that were never handed over",
        _asks(
            "sock = line()\nfor n in range(0, 3000):\n    sock.sendall(message('c1', 'q', ['call', ['p', n], ['t', []], ['d', 10**9 + 2 * n, []]]))\n"
        ),
        base="wrong retry",
    ),
    Idea(
        "drops-of-others",
        "say that what the test still needs is no longer needed",
        in_call("line().sendall(message('c1', 'q', ['repr', 1], z=[[n, 99] for n in range(1000)], k=list(range(1000))))\nreturn {}", top=LINE),
    ),
    Idea(
        "line-from-another-process",
        "let a daemon answer, after the process that was asked is gone",
        {
            "flatten.py": solution(
                "return {}",
                top=LINE,
                bottom="if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        sock = line()\n        while True:\n            sock.sendall(message('main', 'r', {}))\n    os._exit(0)\n",
            )
        },
    ),
)  # fmt: skip
