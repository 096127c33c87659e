"""The report as JSON: the model as it is, for programs.

Everything outside ASCII is escaped, so that a terminal which shows the file is not steered by what a candidate
wrote, and so that the bytes do not depend on anybody's locale.
"""

from __future__ import annotations

import json

from grader.formats.interface import AnyReport
from sandbox.contract import Files


def render(report: AnyReport, files: Files) -> bytes:
    """Give the fields of the model in its own order, indented, with a final line feed. `files` is not needed.

    Raises:
        ValueError: a figure is not finite; JSON has no word for that.
    """
    del files
    document = report.model_dump(mode="json")
    return json.dumps(document, indent=2, ensure_ascii=True, allow_nan=False).encode("ascii") + b"\n"
