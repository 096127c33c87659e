"""Text that kills parsers, fills memory or hides code: a named fact in time, and the other files are still read."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grader.reading import read

Read = Callable[..., dict[str, Any]]

REFUSED: dict[str, tuple[str | bytes, str]] = {
    "open brackets": ("(" * 5_000, "too many nested parentheses"),
    "nested lists": ("x = " + "[" * 5_000 + "]" * 5_000, "too many nested parentheses"),
    "unary operators": ("x = " + "-" * 10_000 + "1", "nested too deep"),
    "long sum": ("x = " + "\\\n1+" * 9_000 + "1", "nested"),
    "long chain of elif": ("if a: pass\n" + "elif b: pass\n" * 5_000, "nested"),
    "many functions inside one another": (
        "".join(" " * depth + f"def f{depth}():\n" for depth in range(95)) + " " * 95 + "pass\n",
        "nested over the limits",
    ),
    "statements on few lines": (("l=1;" * 4_000 + "\n") * 15, "syntax nodes"),
    "line of 5 MB": ('x = "' + "a" * 5_000_000 + '"\n', "262,144 bytes"),
    "line of signs": ("#" * 200_000, "a line of 200,000 characters"),
    "50,000 lines": ("x=1\n" * 50_000, "10,000 lines"),
    "name of 100 KB": ("a" * 100_000 + " = 1\n", "a line of"),
    "NUL": ("x = 1\0", "NUL bytes"),
    "UTF-16": ("x = 1".encode("utf-16"), "NUL bytes"),
    "invalid UTF-8": (b'x = "\xff"\n', "encoding"),
    "escapes as an encoding": ("# coding: unicode_escape\n", "unicode_escape"),
    "UTF-7": ("# coding: utf-7\n", "utf-7"),
    "unknown encoding": ("# coding: nonsense\n", "unknown encoding"),
    "syntax error": ("def f(:\n", "syntax error in line 1"),
}


@pytest.mark.parametrize("case", list(REFUSED))
def test_refused_text_is_a_fact_and_the_rest_is_read(case: str, read_files: Read) -> None:
    """Otherwise one poisonous file hides the findings of all others."""
    text, reason = REFUSED[case]
    started = time.process_time()
    facts = read_files({"evil.py": text, "good.py": "import os\n"})
    assert time.process_time() - started < 5
    assert [entry["name"] for entry in facts["unreadable"]] == ["evil.py"]
    assert reason in facts["unreadable"][0]["reason"]
    assert ("good.py", "F401") in {(one["place"]["path"], one["rule"]) for one in facts["findings"]}


ODD_BUT_FINE: dict[str, bytes] = {
    "byte order mark": b"\xef\xbb\xbfimport os\n",
    "Windows line ends": b"x = 1\r\nimport os\r\n",
    "Latin-1": '# coding: latin-1\nimport os\nNAME = "é"\n'.encode("latin-1"),
    "deep but legal": b"import os\ndef f(a):\n"
    + b"".join(b" " * depth + b"if a:\n" for depth in range(1, 95))
    + b" " * 95
    + b"pass\n",
    "long names": b"import os\n" + b"a" * 15_000 + b" = 1\n",
}


@pytest.mark.parametrize("case", list(ODD_BUT_FINE))
def test_odd_text_is_read(case: str, read_files: Read) -> None:
    """Unusual is not forbidden."""
    facts = read_files({"odd.py": ODD_BUT_FINE[case]})
    assert "F401" in {finding["rule"] for finding in facts["findings"]} or facts["unreadable"]
    assert [file["path"] for file in facts["files"]] == ["odd.py"]


def test_form_feeds_do_not_shift_lines(read_files: Read) -> None:
    """str.splitlines cuts at form feeds, parsers do not: findings would point at the wrong line."""
    facts = read_files({"odd.py": "x = 1\n\x0c\n\x1c\u2028\n# TODO: mend\n"[:8] + "# TODO: mend\n"})
    todo = next(finding for finding in facts["findings"] if finding["rule"] == "todo-left")
    assert todo["place"]["line"] == 3


def test_many_findings_are_cut_and_the_cut_is_named(read_files: Read) -> None:
    """A file with 60,000 findings must not fill the report, nor hide the findings of other files."""
    many = "".join(f"import module_{number}\n" for number in range(9_000))
    facts = read_files({"a.py": many, "z.py": "import os\n"})
    assert len([one for one in facts["findings"] if one["place"]["path"] == "a.py"]) == 500
    assert "F401" in {one["rule"] for one in facts["findings"] if one["place"]["path"] == "z.py"}
    assert [(entry["name"], entry["reason"]) for entry in facts["unreadable"]] == [
        ("a.py", "9,001 findings, of which the first 500 are listed")
    ]
    assert len(json.dumps(facts)) < 1_000_000


@pytest.mark.parametrize(
    "name", ["-x.py", "--fix.py", "a\nb.py", "with space.py", "@file.py", "[abc]*.py", "é.py"]
)
def test_file_names_are_no_options(name: str, read_files: Read) -> None:
    """A name such as --exit-zero.py must reach ruff as a file."""
    facts = read_files({name: "import os\n"})
    assert (name, "F401") in {(one["place"]["path"], one["rule"]) for one in facts["findings"]}


def test_links_and_pipes_are_not_followed(tmp_path: Path) -> None:
    """A link to the host's files or a pipe nobody writes to must neither leak nor hang."""
    (tmp_path / "link.py").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "pipe.py")
    facts = read(str(tmp_path), {})
    assert {entry["name"]: entry["reason"] for entry in facts["unreadable"]} == {
        "link.py": "not a regular file",
        "pipe.py": "not a regular file",
    }
