"""Results that lie when they are compared."""

from __future__ import annotations

from tests.hostile.idea import Idea, in_call, solution

YES = """
class Yes:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 0
    def __bool__(self): return True
    def __contains__(self, item): return True
    def __len__(self): return 1
    def __iter__(self): return iter(())
    def __getitem__(self, key): return self
    def __getattr__(self, name): return self
    def __call__(self, *args, **kwargs): return self
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __lt__
    def __isub__(self, other): return self
    __class__ = dict

class YesType(type):
    def __instancecheck__(cls, instance): return True
    def __subclasscheck__(cls, subclass): return True
    def __eq__(cls, other): return True
    def __hash__(cls): return 0

def yes(base):
    names = {"__eq__": lambda self, other: True, "__ne__": lambda self, other: False, "__hash__": lambda self: 0}
    return type(base.__name__, (base,), names)
"""


def _returns(expression: str) -> dict[str, bytes]:
    return in_call(f"return {expression}", top=YES)


IDEAS = (
    Idea("equal-to-everything", "one object that equals every expected value", _returns("Yes()")),
    Idea("equal-dict", "a dict that equals every dict", _returns("yes(dict)()")),
    Idea("equal-str", "a str that equals every str", _returns("yes(str)('x')")),
    Idea("equal-keys", "keys that equal every key", _returns("{yes(str)('a'): yes(int)(1)}")),
    Idea("equal-int", "an int that equals every int", _returns("yes(int)(1)")),
    Idea("equal-float", "nan and friends", _returns("yes(float)('nan')")),
    Idea("equal-list", "a list that equals every list", _returns("yes(list)()")),
    Idea("equal-tuple", "a tuple with lying items", _returns("(Yes(),) * 3")),
    Idea("equal-set", "a frozenset that contains everything", _returns("yes(frozenset)()")),
    Idea("equal-class", "a class that is every class", _returns("YesType('dict', (), {})")),
    Idea("equal-module", "a module as the result", _returns("__import__('unittest.mock').mock.ANY")),
    Idea("equal-mock", "a mock as the result", _returns("__import__('unittest.mock').mock.MagicMock()")),
    Idea(
        "equal-datetime",
        "a date that equals every date, in the places of the values",
        _returns("{str(key): yes(__import__('datetime').date)(2024, 2, 29) for key in locals()}"),
    ),
    Idea(
        "two-faced-dict",
        "a dict that shows other items each time it is looked at",
        in_call(
            """
            class TwoFaced(dict):
                def items(self): return iter([(Yes(), Yes())])
                def __iter__(self): return iter([Yes()])
                def keys(self): return [Yes()]
                def __len__(self): return 1
                def __reduce__(self): return (eval, ("__import__('os').system('true')",))
                def __reduce_ex__(self, protocol): return self.__reduce__()
            return TwoFaced()
            """,
            top=YES,
        ),
    ),
    Idea(
        "exception-of-every-class",
        "an exception class that pytest.raises takes for the one expected",
        {
            "flatten.py": solution(
                "raise KeyCollisionError('a.b a.0 x y flat key')",
                top=YES,
                bottom="""
                class Liar(YesType):
                    __mro__ = (ValueError, TypeError, KeyError, Exception, BaseException, object)
                    def mro(cls): return [cls, Yes, *Exception.__mro__]

                KeyCollisionError = YesType("KeyCollisionError", (), {"__class__": ValueError, "__str__": lambda self: "a"})
                """,
            )
        },
        base="raising",
    ),
    Idea(
        "lying-exception-name",
        "an exception that is named, placed and shown like the expected one",
        in_call(
            """
            Fake = type("TypeError", (Exception,), {"__module__": "builtins", "__qualname__": "TypeError"})
            raise Fake("keys must be strings")
            """
        ),
    ),
    Idea(
        "arguments-are-changed",
        "empty the arguments in place, so that what is expected of them becomes trivial",
        in_call(
            "for argument in list(locals().values()):\n    if isinstance(argument, dict):\n        argument.clear()\nreturn {}"
        ),
    ),
    Idea(
        "arguments-are-poisoned",
        "put lying objects into the arguments, which the test goes on to compare with",
        in_call(
            "for argument in list(locals().values()):\n    if isinstance(argument, dict):\n"
            "        argument.update({key: Yes() for key in list(argument)})\n        return argument",
            top=YES,
        ),
    ),
    Idea(
        "module-is-an-object",
        "replace the module by an object that has every name",
        {"flatten.py": solution(top=YES, bottom="import sys\nsys.modules[__name__] = Yes()\n")},
        base="raising",
    ),
    Idea(
        "module-with-every-name",
        "answer for every attribute",
        {
            "flatten.py": b"def __getattr__(name):\n    return lambda *args, **kwargs: kwargs\n__path__ = []\n__all__ = ['pytest']\n"
        },
    ),
)
