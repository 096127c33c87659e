"""Every bound of the reading program, by name. What runs into one becomes an `unreadable` fact that says so."""

from __future__ import annotations

from typing import Final

MAX_FILE_BYTES: Final = 256 * 1024
"""One source file. Handwritten Python stays far below; a parser needs about 200 times that in memory."""
MAX_FILE_LINES: Final = 10_000
MAX_LINE_CHARACTERS: Final = 20_000
"""Ruff needs seconds for a comment of 400,000 signs, and no reader scrolls that far."""
MAX_TOTAL_BYTES: Final = 2 * 2**20
"""All source files of one submission."""
MAX_FILES: Final = 400
MAX_ENTRIES: Final = 5_000
"""Files and folders looked at, source or not."""
MAX_TREE_DEPTH: Final = 200
"""Nested syntax nodes: visitors recurse about three calls per level, Python allows 1,000. The parser itself
refuses 200 open brackets, so a file that passes is also safe for ruff, which aborts at some 2,000."""
MAX_TREE_NODES: Final = 60_000
"""Syntax nodes of one file: some 10,000 dense lines. A table of data belongs into a data file."""
MAX_NESTED_SCOPES: Final = 10
"""Functions and classes inside one another; each level is visited again by radon."""
MAX_NAME_CHARACTERS: Final = 120
"""A file name or identifier in a message; the rest is cut and the text says so."""
MAX_MESSAGE_CHARACTERS: Final = 400
MAX_FINDINGS_PER_FILE: Final = 500
MAX_FINDINGS: Final = 4_000
MAX_SUPPRESSIONS: Final = 500
MAX_FUNCTIONS: Final = 4_000
MAX_UNREADABLE: Final = 500
MAX_MUTANTS: Final = 200
"""Changes of the candidate's code that their tests are tried on; each costs a run of some of them."""
MAX_MUTANT_LINES: Final = 20
MAX_MUTANT_BYTES: Final = 2_000
"""Longer expressions and statements are not changed as a whole, only in their parts."""
MAX_LANDMARKS: Final = 300
"""An interview has time for a few; more are left out without a word, since nothing is counted."""
READ_SECONDS: Final = 4.0
"""Processor time of our own checks, after which files that were not looked at yet are given up. Wall time would
make the result depend on what else the machine is doing."""
LINT_CPU_SECONDS: Final = 3
"""Processor time of one ruff process."""
LINT_SECONDS: Final = 10.0
"""Wall time of one ruff process after our own checks are done, for a machine that is busy."""
LINT_ALL_SECONDS: Final = 15.0
"""Wall time of all ruff processes, repetitions file by file included."""
LINT_MEMORY_BYTES: Final = 256 * 2**20
"""Ruff gets by with 64 MB on files within the limits above."""
LINT_OUTPUT_BYTES: Final = 8 * 2**20
LINT_BATCH: Final = 100
"""Files per ruff process: bounds what one poisonous file takes with it."""
MAX_DIFF_CELLS: Final = 1_000_000
"""Lines of the starter file times lines of the submitted file, above which no line-by-line difference is made."""


def cut(text: str, limit: int = MAX_MESSAGE_CHARACTERS) -> str:
    """`text`, at most `limit` characters of it, with a notice where it was cut."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]}… ({len(text):,} characters)"
