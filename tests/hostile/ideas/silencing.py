"""Hiding bad code from the linter, the complexity measure and the parsers, or breaking them."""

from __future__ import annotations

from tests.hostile.idea import BASES, Idea, solution, source

_MESSY = BASES["messy"].files["flatten.py"]


def _everywhere(content: bytes, *names: str) -> dict[str, bytes]:
    return dict.fromkeys(names, content)


def _packed(code: bytes) -> bytes:
    return source(
        f"""
        import base64

        exec(base64.b64decode({__import__("base64").b64encode(code).decode()!r}))
        """
    )


IDEAS = (
    Idea(
        "noqa",
        "tell the linter to look away",
        {"flatten.py": b"# ruff: noqa\n# flake8: noqa\n# pylint: skip-file\n" + b"\n".join(line + b"  # noqa" if line.strip().endswith((b":", b")")) else line for line in _MESSY.split(b"\n"))},
        base="messy",
    ),
    Idea(
        "lint-configuration",
        "configure the linter to find nothing",
        {
            **_everywhere(b"exclude = ['*']\nextend-exclude = ['**/*.py']\nline-length = 320\n[lint]\nselect = []\nignore = ['ALL']\n", "ruff.toml", ".ruff.toml"),
            "pyproject.toml": b"[tool.ruff]\nexclude = ['*']\n[tool.ruff.lint]\nselect = []\nper-file-ignores = {'*' = ['ALL']}\n",
            "setup.cfg": b"[flake8]\nexclude = *\n[radon]\nexclude = *\nignore = *\n",
            "radon.cfg": b"[radon]\nexclude = *\ncc_min = F\nshow_closures = false\n",
        },
        base="messy",
    ),
    Idea("broken-lint-configuration", "make the linter fail", _everywhere(b"[[[", "ruff.toml", "pyproject.toml", "radon.cfg"), base="messy"),
    Idea("ignored-files", "hide everything from tools that obey ignore files", _everywhere(b"*\n!.gitignore\n", ".gitignore", ".ignore", ".git-exclude", ".dockerignore"), base="messy"),
    Idea("code-in-strings", "put the code where no parser looks", {"flatten.py": _packed(_MESSY)}, base="messy"),
    Idea("code-in-data", "put the code into a file that is no Python", {"flatten.py": b"exec(open(__file__.replace('.py', '.dat')).read())\n", "flatten.dat": _MESSY}, base="messy"),
    Idea("code-in-odd-suffix", "put the code into files that linters skip", {"flatten.py": b"from runpy import run_path\nglobals().update(run_path(__file__ + 'w'))\n", "flatten.pyw": _MESSY}, base="messy"),
    Idea("code-in-another-encoding", "be other text to Python than to the reader", {"flatten.py": b"# -*- coding: utf-7 -*-\n" + _MESSY.decode().encode("utf-7")}, base="messy"),
    Idea("one-line-lambdas", "be one expression without branches", {"flatten.py": _MESSY + b"\nf = lambda d: (lambda g: g(g, d))(lambda s, x: [s(s, y) if y else (x and x or y) for y in x] or 0)\n" * 20}, base="messy"),
    Idea("documented-by-repetition", "have a docstring, an annotation and a README that say nothing", {"README.md": b"readme " * 5000}, base="messy"),
    *(
        Idea(f"parser-{name}", tries, {"killer.py": code})
        for name, tries, code in [
            ("nested-brackets", "overflow the stack of the parser", b"x = " + b"[" * 3000 + b"]" * 3000 + b"\n"),
            ("nested-brackets-deep", "overflow the stack of the parser", b"x = " + b"(" * 200_000 + b")" * 200_000 + b"\n"),
            ("nested-calls", "overflow the stack of a visitor", b"x = " + b"f(" * 90 + b"1" + b")" * 90 + b"\n"),
            ("nested-operators", "overflow the stack of a visitor", b"x = " + b"-" * 50_000 + b"1\n"),
            ("long-sum", "overflow the stack of a visitor", b"x = " + b"1 + " * 50_000 + b"1\n"),
            ("nested-blocks", "indent deeper than anyone", b"".join(b" " * n + b"if x:\n" for n in range(99)) + b" " * 99 + b"pass\n"),
            ("many-branches", "have 10,000 branches in one function", b"def f(x):\n    if x == 0:\n        return 0\n" + b"".join(b"    elif x == %d:\n        return %d\n" % (n, n) for n in range(10_000))),
            ("many-findings", "have 60,000 findings", b"import os,sys\nl=1;O=2\n" * 30_000),
            ("one-long-line", "have a line of 4 MB", b"x = [" + b"1," * 2_000_000 + b"]\n"),
            ("million-lines", "have a million lines", b"x=1\n" * 1_000_000),
            ("nul", "hold a NUL", b"x = 1\0\nimport os\n"),
            ("no-text", "be no text", bytes(range(256)) * 100),
            ("utf-16", "be text of another width", "x = 1\n".encode("utf-16")),
            ("odd-cookie", "name an encoding that runs code", b"# coding: unicode_escape\nx = 1\\nimport os\n"),
            ("unknown-cookie", "name no encoding", b"# coding: nothing\nx = 1\n"),
            ("bare-returns", "end lines in every way there is", b"x = 1\ry = 2\r\nz = 3\n\x0cw = 4\n" * 100),
            ("huge-number", "hold a number that takes for ever", b"x = " + b"9" * 1_000_000 + b"\ny = 10 ** 10 ** 10\nz = 'a' * 10 ** 12\n"),
            ("huge-name", "hold a name of 1 MB", b"a" * 1_000_000 + b" = 1\n"),
            ("many-names", "hold 100,000 names", b"".join(b"name_%d = %d\n" % (n, n) for n in range(100_000))),
            ("nested-fstrings", "nest f-strings", b"x = " + b"f'{" * 100 + b"1" + b"}'" * 100 + b"\n"),
            ("confusable-names", "have names that look like others", "def fl\u0430tten(d): return d\nﬂatten = 1\n".encode()),
            ("hidden-direction", "show other code than runs", "x = '\u202e' + 'a' # \u2066 if admin\u2069\n".encode()),
            ("match-storm", "have patterns that take for ever", b"match x:\n" + b"".join(b"    case [" + b"[" * 50 + b"*_" + b"]" * 50 + b"]:\n        pass\n" for _ in range(500))),
            ("decorators", "have 10,000 decorators", b"@f\n" * 10_000 + b"def g(): pass\n"),
        ]
    ),
    Idea("same-file-500-times", "make the search for duplicates take for ever", {f"copy_{n}.py": solution(bottom="x = 1\n" * 200) for n in range(500)}),
    Idea("data-of-every-kind", "have files that a reader opens by their names", dict.fromkeys(["README.md", "requirements.txt", "pyproject.toml", "setup.py", "LICENSE"], b"\x89PNG\r\n\x1a\n" + b"\xff" * 1000)),
)  # fmt: skip
