"""`python -m api.cli` is `grader`."""

from __future__ import annotations

from api.cli.app import main

main()
