"""Answers of every odd kind, for whoever looks at them: methods that lie, exceptions that are more, values at limits."""

from __future__ import annotations

from typing import Final

from tests.hostile.idea import Idea, in_call, retrying, source

_METHODS: Final = (
    "__eq__ __ne__ __lt__ __le__ __gt__ __ge__ __hash__ __bool__ __len__ __length_hint__ __index__ __int__ __float__ "
    "__complex__ __str__ __repr__ __bytes__ __format__ __fspath__ __iter__ __next__ __reversed__ __contains__ "
    "__getitem__ __missing__ __enter__ __exit__ __call__ __conform__ __array__ __buffer__ __reduce__ __reduce_ex__ "
    "__getstate__ __copy__ __deepcopy__ __sizeof__ __dir__ __await__ __aiter__ __anext__ __instancecheck__ "
    "__subclasscheck__ __class_getitem__ __mro_entries__ __set_name__ __prepare__ __matmul__ __rmul__ __radd__ __iadd__"
).split()

_LIAR: Final = f"""
NAMES = {_METHODS!r}


def made(answer, *bases, only=None):
    names = [name for name in NAMES if only is None or name in only]
    return type("Liar", bases, {{name: lambda self, *args, **kwargs: answer() for name in names}})


def boom():
    raise KeyboardInterrupt
"""


def _lying(name: str, tries: str, code: str, base: str = "wrong") -> Idea:
    return Idea(f"answer-{name}", tries, in_call(code, top=_LIAR), base=base)


_LIES = (
    _lying("true-everywhere", "an object whose every method says True", "return made(lambda: True)()"),
    _lying("itself-everywhere", "an object whose every method gives the object", "value = None\nvalue = made(lambda: value)()\nreturn value"),
    _lying("interrupts-everywhere", "an object whose every method interrupts who asks", "return made(boom)()"),
    _lying("dies-everywhere", "an object whose every method ends the process", "import os\nreturn made(lambda: os._exit(0))()"),
    _lying("text-that-lies", "a text whose every method but its letters lies", "return made(lambda: True, str, only=['__eq__', '__ne__', '__hash__', '__contains__', '__len__', '__iter__', '__format__', '__str__'])('x')"),
    _lying("number-that-lies", "a number that is every index and every length", "return made(lambda: 0, int, only=['__eq__', '__index__', '__int__', '__bool__', '__lt__', '__le__', '__gt__', '__ge__'])(7)"),
    _lying("dict-that-lies", "a dict whose items are others each time", "import random\nclass Other(dict):\n    def __iter__(self): return iter([random.random()])\n    keys = __iter__\n    def items(self): return [(random.random(), 1)]\n    def __getitem__(self, key): return key\n    def __len__(self): return 1\nreturn Other(a=1)"),
    _lying("class-that-contains", "a class of which everything is an instance", "return type('Meta', (type,), {'__instancecheck__': lambda *_: True, '__subclasscheck__': lambda *_: True, '__eq__': lambda *_: True, '__hash__': lambda _: 0})('dict', (), {})"),
    _lying("lies-about-its-class", "objects that say they are of another class", "class Liar:\n    __class__ = property(lambda self: dict)\n    def __getattribute__(self, name):\n        return dict if name == '__class__' else object.__getattribute__(self, name)\nreturn Liar()"),
    _lying("descriptor", "an object whose attributes change at each look", "class At:\n    count = 0\n    def __get__(self, obj, cls):\n        At.count += 1\n        return [dict, list, str, None][At.count % 4]\nreturn type('O', (), {name: At() for name in ('__class__', '__name__', 'items', 'keys', '__dict__', '__doc__', '__module__')})()"),
    _lying("slow-hash", "keys that all have the same hash", "class Key(int):\n    def __hash__(self): return 1\nreturn {Key(n): n for n in range(3000)}"),
    _lying("real-collisions", "numbers that all have the same hash in every process", "return {n * (2**61 - 1): n for n in range(20_000)}"),
    _lying("texts-as-keys", "a million keys", "return dict.fromkeys(map(str, range(400_000)))"),
    _lying("nan-keys", "keys that are unequal to themselves", "return {float('nan'): float('nan') for _ in range(1000)}"),
    _lying("sixteen-megabytes", "a text just below the limit of a message", "return 'x' * (16 * 2**20 - 200)"),
    _lying("one-more-byte", "a text just over the limit of a message", "return 'x' * (16 * 2**20 + 1)"),
    _lying("text-of-surrogates", "a text of halves", "return {'\\ud800' * 1000: ['\\udc00', '\\ud83d\\ude00']}"),
    _lying("text-of-lines", "a text of a hundred thousand lines that are nearly alike", "return '\\n'.join(f'a.b.{n % 7} = {n % 11}' for n in range(100_000))"),
    _lying("endless-range", "a range with more items than there are atoms", "return range(10**30)"),
    _lying("decimal-of-a-billion-digits", "a number that is short until it is written out", "import decimal\nreturn {'a': decimal.Decimal('1e999999'), 'b': decimal.Decimal('-1e-999999')}"),
    _lying("fraction-of-huge-numbers", "a fraction that takes for ever to compare", "import fractions\nreturn {'a': fractions.Fraction(3**50_000, 2**80_000 + 1)}"),
    _lying("pattern-that-explodes", "a regular expression that never comes back", "import re\nreturn re.compile('(a|a)*' * 30 + '$')"),
    _lying("zone-of-their-own", "a time in a zone that lies", "import datetime\nclass Zone(datetime.tzinfo):\n    def utcoffset(self, when): return datetime.timedelta(microseconds=1)\n    def dst(self, when): raise KeyboardInterrupt\n    def tzname(self, when): return 'x' * 10**6\n    key = '../../../etc/passwd'\nreturn datetime.datetime(1, 1, 1, tzinfo=Zone())"),
    _lying("path-that-leads-out", "paths and bytes that point somewhere else", "import pathlib\nreturn {'a': pathlib.Path('/proc/self/environ'), 'b': pathlib.Path('x' * 10**6)}"),
    _lying("generator-that-stays", "a generator that cannot be closed", "def items():\n    while True:\n        try:\n            yield 'a', 1\n        except GeneratorExit:\n            continue\nreturn items()"),
    _lying("generator-that-raises-at-close", "a generator that raises when it is thrown away", "def items():\n    try:\n        yield 'a', 1\n    finally:\n        raise KeyboardInterrupt\nreturn items()"),
    _lying("coroutine", "a coroutine that never ends", "import asyncio\nasync def never():\n    while True:\n        await asyncio.sleep(0)\nreturn never()"),
    _lying("async-generator", "an asynchronous generator without end", "async def numbers():\n    while True:\n        yield 1\nreturn numbers()"),
    _lying("own-module", "the module of the bridge itself", "import sys\nreturn next(module for name, module in sys.modules.items() if name.endswith('values'))"),
    _lying("frames-and-code", "a frame, a code object, a traceback, a cell", "import sys\ndef inner():\n    return code\ncode = sys._getframe()\nreturn {'frame': code, 'code': code.f_code, 'cell': inner.__closure__, 'globals': code.f_globals}"),
)  # fmt: skip

_RAISES = {
    "skipped-by-name": "import sys\nclass Skipped(Exception):\n    __module__ = '_pytest.outcomes'\n    allow_module_level = True\n    msg = 'x'\n    _use_item_location = True\nraise Skipped('x')",
    "skipped-of-pytest": "from _pytest.outcomes import Skipped\nraise Skipped('x', allow_module_level=True)",
    "failed-of-pytest": "from _pytest.outcomes import Failed, XFailed, Exit\nraise BaseExceptionGroup('x', [Failed('x'), XFailed('x'), Exit('x', 0)])",
    "cancelled": "import asyncio\nraise asyncio.CancelledError({})",
    "stop-async-iteration": "raise StopAsyncIteration",
    "every-builtin": "import builtins\nkinds = [kind for kind in vars(builtins).values() if isinstance(kind, type) and issubclass(kind, Exception)]\nraise ExceptionGroup('all', [kind('x') for kind in kinds if kind not in (ExceptionGroup, UnicodeDecodeError, UnicodeEncodeError, UnicodeTranslateError)])",
    "group-of-groups": "error = ValueError('x')\nfor _ in range(3000):\n    error = ExceptionGroup('x', [error, error])\nraise error",
    "itself-as-cause": "error = ValueError('no')\nother = TypeError('a.b')\nerror.__cause__ = other\nother.__cause__ = error\nother.__context__ = error\nraise error",
    "odd-notes": "error = ValueError('no')\nerror.__notes__ = ['\\x1b[2J' * 1000, '\\ud800', 'x' * 10**7, *map(str, range(10**5))]\nraise error",
    "odd-arguments": "raise ValueError(open('/dev/null'), lambda: 1, type, {1: [2]}, b'\\xff', float('nan'), '\\ud800', 10**5000)",
    "text-that-raises": "class Odd(ValueError):\n    def __str__(self): raise KeyboardInterrupt\n    __repr__ = __str__\nraise Odd('no')",
    "text-that-ends": "import os\nclass Odd(ValueError):\n    def __str__(self): os._exit(0)\nraise Odd('no')",
    "odd-attributes": "class Odd(KeyCollisionError):\n    args = property(lambda self: ('a.b', 'a.0', 'x', 'y'))\n    __traceback__ = None\n    __class__ = property(lambda self: TypeError)\nraise Odd('no')",
    "where-it-came-from": "error = ValueError('no')\nerror._where = [('../../../etc/passwd', 10**400, 'x' * 10**6)]\nerror._bridge = error._text = 'x'\nraise error",
    "syntax-error": "error = SyntaxError('x' * 10**6, ('/etc/passwd', 10**9, -5, 'x' * 10**6))\nraise error",
    "system-error": "import ctypes\nctypes.pythonapi.PyErr_SetString(ctypes.py_object(ValueError), b'no')\nraise ValueError",
    "warning-as-error": "import warnings\nwarnings.simplefilter('error')\nfor n in range(10**4):\n    try:\n        warnings.warn('\\x1b[2J' * 1000)\n    except Warning:\n        pass\nraise UserWarning('x')",
    "log-records": "import logging\nfor n in range(10**4):\n    logging.getLogger('x' * 1000 + str(n)).critical('%s' * 1000 + '%(x)d', *range(1000))\nlogging.critical('%999999999d', 1)\nreturn {}",
}  # fmt: skip


def _base_of(code: str) -> str:
    """What a plain ValueError earns, a plain ValueError earns."""
    return "refusing" if "ValueError" in code and "Odd(Key" not in code else "raising"


_CALLS = {
    "after-the-end": ("call the test back from a thread when the call is over", "import threading\nthreading.Timer(0.01, lambda: [callback() for callback in callbacks]).start()\n"),
    "from-a-process": ("call the test back from another process", "import os\nif os.fork() == 0:\n    [callback() for callback in callbacks for _ in range(99)]\n"),
    "from-a-signal": ("call the test back from within a signal", "import signal\nsignal.signal(signal.SIGALRM, lambda *_: [callback() for callback in callbacks])\nsignal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)\nimport time\ntime.sleep(0.1)\n"),
    "from-a-destructor": ("call the test back when an object dies", "class Last:\n    def __del__(self):\n        [callback() for callback in callbacks]\nfor _ in range(99):\n    Last()\n"),
    "from-a-comparison": ("call the test back while it compares", "class Odd:\n    def __eq__(self, other):\n        [callback() for callback in callbacks]\n        return True\n    __hash__ = object.__hash__\nfor callback in callbacks:\n    try:\n        callback(Odd(), Odd(), Odd())\n    except TypeError:\n        pass\n"),
    "from-a-trace": ("call the test back at each line", "import sys\nsys.settrace(lambda *_: [callback() for callback in callbacks] and None)\n"),
    "with-itself": ("give the test its own functions as arguments", "for callback in callbacks:\n    for other in callbacks:\n        try:\n            callback(other, callback, other)\n        except Exception:\n            pass\n"),
    "in-a-loop-of-async": ("call the test back from a loop that is never closed", "import asyncio\nloop = asyncio.new_event_loop()\nfor callback in callbacks:\n    loop.call_soon(callback)\nloop.call_later(0.05, loop.stop)\nloop.run_forever()\n"),
    "a-thousand-deep": ("nest calls of both sides a thousand deep", "def down(n):\n    if n:\n        for callback in callbacks[:1]:\n            callback(down, n - 1)\ntry:\n    down(1000)\nexcept RecursionError:\n    pass\n"),
    "changed-time": ("change the clock and what sleeping means for everyone", "import time\ntime.sleep = time.monotonic = time.time = time.perf_counter = lambda *_: 0.0\n"),
    "random-of-the-test": ("seed and drain the random numbers of the test", "import random\nrandom.seed(0)\n[callback() for callback in callbacks[-1:] for _ in range(1000)]\n"),
}  # fmt: skip

_LEDGER: Final = source(
    """
    from decimal import Decimal


    class Ledger:
        entries = kept = ()

        def __getattr__(self, name):
            return lambda *args, **kwargs: Decimal("NaN")


    class Statement:
        __eq__ = lambda self, other: True
    """
)

IDEAS = (
    *_LIES,
    *(Idea(f"raised-{name}", "raise what is more than an exception", in_call(code), base=_base_of(code)) for name, code in _RAISES.items()),
    *(Idea(f"called-{name}", tries, retrying(code), base="wrong retry") for name, (tries, code) in _CALLS.items()),
    Idea("ledger-of-numbers-that-are-none", "answer everything with a number that equals nothing", {"ledger/book.py": _LEDGER}, base="wrong ledger"),
    Idea("ledger-from-a-file", "keep the ledger of one test for the next one", {"ledger/months.py": b"import pickle, pathlib\nraise SystemExit(pathlib.Path('/tmp/kept').write_bytes(b'x'))\n"}, base="wrong ledger"),
    Idea("ledger-is-a-namespace", "be a package without a beginning", {"ledger/__init__.py": b"__path__ = []\ndef __getattr__(name):\n    raise ImportError(name * 1000)\n"}, base="wrong ledger"),
)  # fmt: skip
