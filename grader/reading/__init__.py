"""The reading program: static facts about source text, established without running any of it.

It is loaded as `_reading` inside the reading container and as `grader.reading` in unit tests, so it imports
relatively, and nothing but the standard library, radon and the `ruff` binary. `read` is called in a process
that was forked for one submission; everything it looks at is hostile.
"""

from __future__ import annotations

from .program import read, warm

__all__ = ["read", "warm"]
