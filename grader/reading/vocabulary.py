"""Words that the checks on names know."""

from __future__ import annotations

from typing import Final

PLACEHOLDERS: Final = frozenset(
    """foo bar baz qux quux spam eggs asdf qwerty blah stuff thing things thingy whatever something dummy1 xxx yyy
    zzz aaa bbb ccc abc myvar myfunc myfunction mylist mydict mystr myobj myclass mydata mystring myarray var1 lst1
    dostuff dosomething dothing dothings doit func1 function1 method1 class1 helper1 testfunc temp1 tmp1 test123""".split()
)
"""Never a name for anything in finished code. Compared without underscores, in lower case."""

VAGUE: Final = frozenset("data tmp temp info obj val var res ret lst arr dct stuff thing ans flag num elem".split())
"""Fine for three lines, not for forty."""

VAGUE_FUNCTIONS: Final = frozenset(
    "func function method do_it do_work do_stuff do_something process_data handle_data my_function my_func "
    "helper_function do_thing do_things process_stuff handle_stuff manipulate_data".split()
)

IDIOMATIC_LETTERS: Final = frozenset("_ijknmxyzefsctbpqwhruvdagAXYTKVPSNMFIDRE")
"""Single letters with a meaning that readers share (index, count, key, coordinate, file, type variable …)."""

ALWAYS_LETTERS: Final = frozenset("_ijknmxyzeftTKVPRXYSN")
"""Those that may also live long."""

NUMBERED_TERMS: Final = frozenset(
    """utf base sha md int uint float complex bool str http ipv ip v ver version py python s3 ec2 h log atan mp x y z
    level oauth oauth2 lat lon p q e t t0 w bz lz gb iso cp latin big5 euc jis koi mac base64 crc adler blake
    col row line lineno c d dx dy r g b rgb hls vec pt point arg op word byte char bit week month q1 l1 l2 k n m i j""".split()
)
"""Stems whose number belongs to the term: utf8, sha256, x1 and y1, log10, ipv4."""

TYPE_SUFFIXES: Final = {
    "list": "list", "lst": "list", "arr": "list", "array": "list",
    "dict": "dict", "dct": "dict",
    "str": "str", "string": "str",
    "set": "set", "tuple": "tuple", "int": "int", "bool": "bool", "float": "float",
}  # fmt: skip
"""Last word of a name → builtin type whose literal it would merely repeat."""

SHADOWING: Final = frozenset(
    "list dict str int set tuple len sum max min float bool object open print range sorted map zip next iter any all "
    "bytes enumerate isinstance reversed abs round super".split()
)
"""Builtins that the rest of the scope is likely to need (id, type, input, format, filter, hash … are let pass)."""

TEST_HOOKS: Final = frozenset(
    "setUp tearDown setUpClass tearDownClass setUpModule tearDownModule addCleanup runTest maxDiff asyncSetUp "
    "asyncTearDown longMessage".split()
)

GETTERS: Final = frozenset("get fetch compute calculate".split())
QUESTIONS: Final = frozenset("is has can should".split())
