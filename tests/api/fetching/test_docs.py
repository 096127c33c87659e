"""docs/repositories.md says what is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from api.fetching import FetchLimits, Kind, limits_of
from api.settings import read_settings, variables
from grader.intake.limits import IntakeLimits, size

TEXT = Path(__file__).parents[3].joinpath("docs", "repositories.md").read_text("utf-8")


def test_each_kind_of_failure_is_explained() -> None:
    assert re.findall(r"^\| `([a-z_]+)` \| .+ \| .+ \|$", TEXT, re.MULTILINE) == list(get_args(Kind))


def test_the_settings_exist_and_the_limits_are_these() -> None:
    assert set(re.findall(r"GRADER_\w+", TEXT)) <= set(variables())
    limits = limits_of(read_settings())
    assert limits == FetchLimits()
    assert f"everything included; {limits.seconds:g}" in TEXT
    assert f"comes over the network; {size(limits.bytes)}" in TEXT
    assert f"at most {limits.depth} commits deep" in TEXT
    assert f"more than {limits.files:,} files and folders" in TEXT
    assert f"more than {IntakeLimits().history_objects:,} objects" in TEXT
    assert f"a file over {size(IntakeLimits().file_bytes)}" in TEXT
    assert f"more than {IntakeLimits().depth} folders deep" in TEXT
