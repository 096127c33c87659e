"""Print docs/criteria.md: `python -m grader.library > docs/criteria.md`."""

from __future__ import annotations

import sys

from grader.library.page import page

sys.stdout.write(page())
