"""Words that the checks on names know."""

from __future__ import annotations

from typing import Final


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


PLACEHOLDERS: Final = _set(
    "foo baz qux quux spam eggs asdf qwerty blah stuff thing things thingy whatever something dummy1 xxx yyy zzz "
    "aaa bbb ccc abc myvar myfunc myfunction mylist mydict mystr myobj myclass mydata mystring myarray var1 lst1 "
    "dostuff dosomething dothing dothings doit func1 function1 method1 class1 helper1 testfunc temp1 tmp1 test123"
)
"""Never a name for anything in finished code. Compared without underscores, in lower case."""

VAGUE: Final = _set("data tmp temp info obj val var res ret lst arr dct stuff thing ans flag num elem")
"""Fine for three lines, not for forty."""

VAGUE_PARAMETERS: Final = _set("tmp temp var res lst arr dct stuff thing")

VAGUE_FUNCTIONS: Final = _set(
    "func function method do_it do_work do_stuff do_something process_data handle_data my_function my_func "
    "helper_function do_thing do_things process_stuff handle_stuff manipulate_data"
)

IDIOMATIC_LETTERS: Final = frozenset("_ijknmxyzefsctbpqwhruvdagAXYTKVPSNMFIDRE")
"""Single letters with a meaning that readers share (index, count, key, coordinate, file, type variable …)."""

ALWAYS_LETTERS: Final = frozenset("_ijknmxyzeftTKVPRXYSN")
"""Those that may also live long."""

NUMBERED_TERMS: Final = _set(
    "utf base sha md int uint float complex bool str http ipv ip ver version py python log atan level oauth lat lon "
    "iso cp latin big euc jis koi mac crc adler blake col row line lineno hls vec pt point arg op word byte char bit "
    "week month quarter"
)
"""Stems whose number belongs to the term: utf8, sha256, log10, ipv4. One and two letters are always let pass."""

TYPE_SUFFIXES: Final = {
    "list": "list", "lst": "list", "arr": "list", "array": "list",
    "dict": "dict", "dct": "dict",
    "set": "set", "tuple": "tuple", "int": "int", "bool": "bool", "float": "float",
}  # fmt: skip
"""Last word of a name → builtin type whose literal it would merely repeat."""

SHADOWING: Final = _set(
    "list dict str int set tuple len sum max min float bool object open print range sorted map zip next iter any all "
    "bytes enumerate isinstance reversed abs round super"
)
"""Builtins that the rest of the scope is likely to need (id, type, input, format, filter, hash … are let pass)."""

TEST_HOOKS: Final = _set(
    "setUp tearDown setUpClass tearDownClass setUpModule tearDownModule addCleanup runTest maxDiff asyncSetUp "
    "asyncTearDown longMessage"
)

GETTERS: Final = _set("get fetch compute calculate")
QUESTIONS: Final = _set("is has can should")
