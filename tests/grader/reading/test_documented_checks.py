"""The examples of docs/checks.md: each Example is reported by its rule, each "Use instead" is not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from grader.reading import program, read

PAGE = Path(__file__).parents[3] / "docs" / "checks.md"
WITHOUT_EXAMPLE = {"long-function", "long-file", "denied-import", "missing-readme", "import-cycle"}
"""Too long for a page, or about the submission as a whole: see test_structure.py."""

BLOCK = re.compile(
    r"^(Example|Use instead):\n\n```(?:python|text)(?: (\S+))?\n(.*?)^```", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True)
class Sample:
    rule: str
    kind: str
    name: str
    text: str


def samples() -> Iterator[Sample]:
    """Every example on the page."""
    chapter = ""
    for section in re.split(r"^(?=#{1,2} )", PAGE.read_text("utf-8"), flags=re.MULTILINE):
        title = section.partition("\n")[0]
        if title.startswith("# "):
            chapter = title
        for kind, name, text in BLOCK.findall(section):
            default = "test_example.py" if chapter == "# Tests" else "example.py"
            yield Sample(title.removeprefix("## "), kind, name or default, text)


def documented_rules() -> set[str]:
    """Rules that have a section on the page."""
    return set(re.findall(r"^## ([a-z]+(?:-[a-z0-9]+)*)$", PAGE.read_text("utf-8"), flags=re.MULTILINE))


@pytest.mark.parametrize("sample", list(samples()), ids=lambda sample: f"{sample.rule}-{sample.kind}")
def test_example_is_reported_and_its_mending_is_not(sample: Sample, tmp_path: Path) -> None:
    """Authors choose rules by what this page says."""
    (tmp_path / sample.name).write_text(sample.text)
    findings = read(str(tmp_path), {})["findings"]
    assert (sample.rule in {finding["rule"] for finding in findings}) == (sample.kind == "Example")


def test_every_section_has_both_examples() -> None:
    """A rule without a counter-example is a rule nobody tuned."""
    kinds: dict[str, set[str]] = {}
    for sample in samples():
        kinds.setdefault(sample.rule, set()).add(sample.kind)
    assert set(kinds) == documented_rules() - WITHOUT_EXAMPLE
    assert all(found == {"Example", "Use instead"} for found in kinds.values())


def test_every_rule_of_ours_is_documented() -> None:
    """The names of rules are part of the interface of a rubric. Landmarks are no findings."""
    folder = Path(program.__file__).parent
    source = "\n".join(path.read_text("utf-8") for path in folder.glob("*.py") if path.name != "landmarks.py")
    named = set(re.findall(r"remark(?:_at)?\(\s*TOOL,\s*\"([a-z0-9-]+)\"", source))
    named |= set(re.findall(r"yield(?: \()?\s*\"([a-z]+(?:-[a-z]+)*)\",", source))
    assert named == documented_rules()
