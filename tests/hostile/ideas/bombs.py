"""Too much of everything: memory, files, output, depth, time."""

from __future__ import annotations

from tests.hostile.idea import Idea, at_import, in_call, solution

_IN_CALL = {
    "memory-list": ("fill the memory", "kept = []\nwhile True:\n    kept.append(bytearray(10**7))"),
    "memory-at-once": ("ask for all memory at once", "return bytearray(10**12)"),
    "memory-mapped": (
        "fill the memory past the allocator",
        "import mmap\nkept = []\nwhile True:\n    kept.append(mmap.mmap(-1, 1 << 24))\n    kept[-1].write(b'x' * (1 << 24))",
    ),
    "memory-in-children": (
        "fill the memory where nobody counts it",
        "import os\nfor _ in range(20):\n    if os.fork() == 0:\n        kept = [bytearray(10**7) for _ in range(100)]\n        while True:\n            pass\nreturn {}",
    ),
    "memory-in-files": ("fill the memory through a file system in memory", "for n in range(99):\n    open(f'/dev/shm/{n}', 'wb').write(bytes(10**8))\nreturn {}"),
    "disk": ("fill the disk", "with open('/tmp/full', 'wb') as file:\n    while True:\n        file.write(bytes(10**6))"),
    "inodes": ("use up the inodes", "n = 0\nwhile True:\n    n += 1\n    open(f'/tmp/{n}', 'w').close()"),
    "deep-folders": ("make a tree that cannot be removed", "import os\nwhile True:\n    os.mkdir('d')\n    os.chdir('d')"),
    "descriptors": ("use up the descriptors", "kept = []\nwhile True:\n    kept.append(open('/dev/null'))"),
    "output": ("print for ever", "while True:\n    print('x' * 10**6)"),
    "error-output": ("print errors for ever", "import os\nwhile True:\n    os.write(2, b'x' * 10**6)"),
    "output-without-newline": ("print bytes that are no text", "import sys\nsys.stdout.buffer.write(bytes(range(256)) * 10**5)\nreturn {}"),
    "message": ("raise 100 MB", "raise ValueError('x' * 10**8)"),
    "many-arguments": ("raise an exception with a million arguments", "raise ValueError(*range(10**6))"),
    "causes": ("raise a chain of 10,000 causes", "error = None\nfor n in range(10**4):\n    error, cause = ValueError(n), error\n    error.__cause__ = cause\nraise error"),
    "traceback": ("raise through 100,000 frames", "import sys\nsys.setrecursionlimit(10**9)\ndef down(n):\n    return down(n + 1)\nreturn down(0)"),
    "recursion": ("recurse for ever", "return flatten({})"),
    "huge-value": ("return 1 GB", "return {'a': 'x' * 10**9}"),
    "many-values": ("return a million objects that stay behind", "return [object() for _ in range(10**6)]"),
    "deep-value": ("return a list in a list in a list …", "value = []\nfor _ in range(10**6):\n    value = [value]\nreturn value"),
    "circular-value": ("return a value that holds itself", "value = {}\nvalue['a'] = [value]\nreturn value"),
    "shared-value": ("return 2**100 references to one list", "value = ['x']\nfor _ in range(100):\n    value = [value, value]\nreturn value"),
    "huge-number": ("return a number whose digits take for ever", "return {'a': 10 ** 10**7}"),
    "odd-text": ("return text that cannot be encoded", "return {'\\ud800': '\\udfff' * 100, 'a\\0b': b'\\xff'}"),
    "odd-numbers": ("return nan, infinity and minus zero", "return {'a': float('nan'), 'b': float('-inf'), 'c': -0.0, 'd': complex('nan')}"),
    "endless-generator": ("return a generator that never ends", "def items():\n    while True:\n        yield 'x' * 1000\nreturn items()"),
    "endless-mapping": ("return a dict that never ends", "class Endless(dict):\n    def items(self):\n        while True:\n            yield 'a', 1\n    __iter__ = keys = items\nreturn Endless(a=1)"),
    "endless-repr": ("never come back from repr", "class Slow:\n    def __repr__(self):\n        while True:\n            pass\n    __str__ = __eq__ = __hash__ = __len__ = __bool__ = __repr__\nreturn Slow()"),
    "huge-repr": ("have a repr of 1 GB", "class Long:\n    def __repr__(self):\n        return 'x' * 10**9\nreturn Long()"),
    "endless-attributes": ("be another object at every step", "class Chain:\n    def __getattr__(self, name):\n        return Chain()\n    __call__ = __iter__ = __next__ = __getitem__ = lambda self, *args: self\nreturn Chain()"),
    "loop": ("never come back", "while True:\n    pass"),
    "sleep": ("never come back, quietly", "import time\ntime.sleep(10**6)"),
    "loop-in-c": ("never come back from C, where no exception is looked at", "return sum(range(10**15))"),
    "regular-expression": ("never come back from a match", "import re\nreturn re.match(r'(a+)+$', 'a' * 60 + 'b')"),
    "unanswered-prompt": ("wait for an input", "return input('points? ')"),
    "callback-storm": ("ask the test back for ever", "while True:\n    for argument in locals().values():\n        repr(argument)"),
}  # fmt: skip

_AT_IMPORT = {
    "loop-at-import": ("never finish importing", "while True:\n    pass\n"),
    "memory-at-import": (
        "fill the memory before the first test",
        "kept = [bytearray(10**9) for _ in range(99)]\n",
    ),
    "constant": (
        "fill the memory of the compiler",
        "x = ((1 << 9**9) for _ in ()) if not () else ('x' * 10**9) * 10**9\n",
    ),
    "output-at-import": ("print for ever", "import os\nwhile True:\n    os.write(1, b'x' * 65536)\n"),
    "slow-import": ("use up the time of all tests", "import time\ntime.sleep(25)\n"),
}

IDEAS = (
    *(Idea(f"bomb-{name}", tries, in_call(code), base="refusing" if "ValueError" in code else "wrong") for name, (tries, code) in _IN_CALL.items()),
    *(Idea(f"bomb-{name}", tries, at_import(code)) for name, (tries, code) in _AT_IMPORT.items()),
    Idea("bomb-deaf-loop", "catch whatever would end the loop", in_call("while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        continue")),
    Idea(
        "bomb-own-tests",
        "use up time, memory and output in the own tests",
        {
            "flatten.py": solution(),
            "test_loop.py": b"def test_loop():\n    while True:\n        pass\n",
            "test_memory.py": b"def test_memory():\n    assert [bytearray(10**8) for _ in range(99)]\n",
            "test_output.py": b"def test_output():\n    while True:\n        print('x' * 10**6)\n",
        },
    ),
    Idea("bomb-collection", "collect a million tests", {"test_many.py": b"import pytest\n@pytest.mark.parametrize('n', range(10**7))\ndef test_n(n): pass\n"}),
)  # fmt: skip
