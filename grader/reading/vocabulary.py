"""Words that the checks on names know."""

from __future__ import annotations

from typing import Final


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


PLACEHOLDERS: Final = _set(
    "foo baz qux quux spam eggs asdf qwerty blah stuff thing things thingy whatever something dummy1 xxx yyy zzz "
    "aaa bbb ccc abc myvar myfunc myfunction mylist mydict mystr myobj myclass mydata mystring myarray var1 lst1 "
    "dostuff dosomething dothing dothings doit func1 function1 method1 class1 helper1 temp1 tmp1 test123"
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

VAGUE_STEMS: Final = VAGUE | _set(
    "string number value input output text word variable array person person1 char"
)
"""Two of them that differ in a number only are enough: which is which?"""

ABBREVIATIONS: Final = {
    "usr": "user", "usrs": "users", "cstmr": "customer", "cust": "customer", "prdct": "product", "prd": "product",
    "nmbr": "number", "nbr": "number", "lngth": "length", "rslt": "result", "rslts": "results", "rsp": "response",
    "rqst": "request", "msgs": "messages", "pswd": "password", "passwd": "password", "qty": "quantity",
    "emp": "employee", "std": "standard", "stdnt": "student", "addr": "address", "calc": "calculate", "cntr": "counter",
    "clr": "color", "btn": "button", "txt": "text", "wrd": "word", "wrds": "words", "nms": "names", "vls": "values",
    "nxt": "next", "prv": "previous", "strt": "start", "tbl": "table", "clmn": "column", "flnm": "filename",
    "ttl": "total", "avrg": "average", "mxm": "maximum", "mnm": "minimum", "chrctr": "character", "srvc": "service",
}  # fmt: skip
"""What a name may be written out to, once it is known to be cryptic."""

CONSONANTS_ONLY: Final = _set(
    "html http https xhtml xml ctrl grpc dtls tmpl kwds dsts srcs strs ptrs cmds pkgs cfgs cnts nths rgb rgbd hsv cmyk "
    "lstm gcd lcm bfs dfs sql mysql jwt mqtt smtp sftp tcp udp dns vpn ssh ssl tls csv tsv css jsx pdf png jpg svg mp "
    "rhythm hmm shh pwd mkdir bcrypt scrypt brk src dst msg ctx mgr pkg cmd cfg tmp lst nth fmt vms lts mvps hdrs "
    "kwrd ffmpeg ghz khz mhz mbps kbps rhs lhs sysv ttys pngs jpgs svgs pdfs urls crlf nltk sqrt hmac cdn ndjson xlsx "
    "jwks httpx zshrc wmts stmts stmt rngs spdx llms ttls gpts msgs"
)
"""Words of three letters and more without a vowel that every programmer reads."""

COUNTED: Final = _set(
    "user number student book product order customer employee car player price account message letter digit grade job "
    "event field link image city country animal fruit name file item score word question answer person friend movie "
    "song song course teacher vowel character element contact expense invoice ticket enemy bullet color guess"
)
"""Things that one counts: a list of them has the plural, and a number of them is called a count."""

PROMISING: Final = _set("to as convert find count")
"""A function whose name begins so has a result."""

READERS: Final = _set("get is has can should find count compute calculate check")
"""A function whose name begins so only looks. `check` may report by raising, but not by changing things."""

GETTERS: Final = _set("get fetch compute calculate")
QUESTIONS: Final = _set("is has can should")
