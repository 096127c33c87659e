"""Reaching back through the functions that hidden tests hand to the candidate's code, into the process that scores."""

from __future__ import annotations

from typing import Final

from tests.hostile.idea import ALREADY_SEEN, Idea, retrying
from tests.hostile.ideas.equality import YES

_FOUND: Final = f"""
def found(what):
    text = repr(what)
    if "test_a_call_that_works" in text or "test_retry_hidden" in text or "hidden_tests" in text:
        raise KeyboardInterrupt({ALREADY_SEEN!r} + text[:500])
"""


def _reaches(name: str, tries: str, body: str) -> Idea:
    return Idea(name, tries, retrying(body, lies=_FOUND), base="wrong retry", finds_nothing=True)


IDEAS = (
    _reaches(
        "callback-attributes",
        "read globals, code and closure of a function of the test",
        """
        for callback in callbacks:
            for name in ("__globals__", "__code__", "__closure__", "__defaults__", "__dict__", "__module__", "__self__",
                         "__func__", "__wrapped__", "__class__", "__init__", "__reduce__", "__getattribute__", "__doc__"):
                value = getattr(callback, name, None)
                found(value)
                found(getattr(value, "__dict__", None))
                found(getattr(value, "co_filename", None))
        """,
    ),
    _reaches(
        "callback-subclasses",
        "climb from a function of the test to every class of its process",
        """
        for callback in callbacks:
            kind = getattr(getattr(callback, "__self__", callback), "__class__", object)
            for cls in getattr(kind, "__mro__", [object])[-1].__subclasses__():
                scope = getattr(getattr(cls, "__init__", None), "__globals__", {})
                found([key for key in scope if key.startswith("test_")])
                builtins = scope.get("__builtins__", {})
                if isinstance(builtins, dict) and "__import__" in builtins:
                    found(builtins["__import__"]("glob").glob("/tmp/*"))
        """,
    ),
    _reaches(
        "callback-traceback",
        "read the frames of an exception that a function of the test raised",
        """
        import gc
        for callback in callbacks[:1]:
            try:
                callback(*args, **kwargs)
            except BaseException as error:
                trace = error.__traceback__
                while trace:
                    found([trace.tb_frame.f_code.co_filename, *trace.tb_frame.f_globals])
                    trace = trace.tb_next
                for name in ("__context__", "__cause__", "__notes__", "__dict__"):
                    found(getattr(error, name, None))
                found([type(error).__module__, getattr(type(error), "__init__", None)])
        """,
    ),
    Idea(
        "callback-owner-changed",
        "change the test's own objects, so that they no longer fail or forget their calls",
        retrying(
            """
            for callback in callbacks:
                owner = getattr(callback, "__self__", callback)
                for name, value in {"failures": 0, "calls": [], "waits": [], "now": 0.0, "error": ValueError}.items():
                    try:
                        setattr(owner, name, value)
                    except (AttributeError, TypeError):
                        pass
            """
        ),
        base="wrong retry",
    ),
    Idea(
        "callback-patched",
        "replace attributes of the functions and classes of the test",
        retrying(
            """
            for callback in callbacks:
                for target in (callback, type(callback), getattr(callback, "__self__", None), exceptions):
                    for name in ("__eq__", "__call__", "__class__", "__code__", "__instancecheck__", "__len__"):
                        try:
                            setattr(target, name, lambda *args: True)
                        except (AttributeError, TypeError):
                            pass
            """
        ),
        base="wrong retry",
    ),
    Idea("callback-lying-arguments", "hand objects that equal everything to the test", retrying(lies=YES, wait="Yes()"), base="wrong retry"),
    Idea("callback-lying-numbers", "hand numbers that equal every number to the test", retrying(lies=YES, wait="yes(float)(0)"), base="wrong retry"),
    Idea("callback-endless-arguments", "hand the test what never ends", retrying(lies="import itertools\n", wait="itertools.count()"), base="wrong retry"),
    Idea("callback-huge-arguments", "hand 1 GB to the test", retrying(lies="def huge():\n    return 'x' * 10**9\n", wait="huge()"), base="wrong retry"),
    Idea("callback-deep-arguments", "hand a value to the test that is too deep for anyone", retrying(lies="def deep():\n    value = []\n    for _ in range(10**5):\n        value = [value]\n    return value\n", wait="deep()"), base="wrong retry"),
    Idea("callback-many-calls", "call the test back for ever", retrying("while True:\n    for callback in callbacks:\n        try:\n            callback(1.0)\n        except Exception:\n            pass"), base="wrong retry"),
    Idea("callback-each-other", "call back from within the call back, for ever", retrying("for callback in callbacks:\n    callback(call)\nreturn call(call)"), base="wrong retry"),
    Idea(
        "callback-from-threads",
        "call the test back from many threads, also when the call is over",
        retrying(
            """
            import threading

            def later():
                while True:
                    for callback in callbacks:
                        try:
                            callback(0.0)
                        except BaseException:
                            pass

            for _ in range(8):
                threading.Thread(target=later, daemon=True).start()
            """
        ),
        base="wrong retry",
    ),
    Idea("callback-raises-into-test", "raise from within the exception of the test", retrying("for callback in callbacks:\n    try:\n        callback()\n    except BaseException as error:\n        error.args = ('x' * 10**7,)\n        error.__cause__ = error\n        raise error from error"), base="wrong retry"),
)  # fmt: skip
