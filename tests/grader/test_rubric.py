"""The rubric format: what is refused and how, levels, identity, and the rubrics that we publish."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest

from grader.rubric import Rubric, at_level, digest, not_announced, parse
from grader.yaml_source import SourceError

NEEDS = "    needs: {measure: hidden_tests.share, at_least: 50 %}\n"
SENIOR = "levels:\n  senior:\n    title: S\n    %s\nbands:"


@pytest.fixture(scope="module")
def default_text(project: Path) -> str:
    return (project / "grader" / "default_rubric.yaml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def example(project: Path) -> str:
    found = re.search(
        r"```yaml\n(.*?)```", (project / "docs" / "rubrics.md").read_text(encoding="utf-8"), re.DOTALL
    )
    assert found is not None
    return found[1]


def test_the_example_of_the_documentation_is_valid(example: str) -> None:
    """Authors begin by copying it."""
    assert parse(example, "docs/rubrics.md").name == "greeting"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "measure: hidden_tests.share\n",
            "measure: hidden_test.share\n",
            "Did you mean `hidden_tests.share`?",
        ),
        (
            "measure: hidden_tests.share\n",
            "measure: luck\n",
            "there is no measure `luck`. docs/rubrics.md lists",
        ),
        ("each: 2", "eech: 2", "`eech` is not a field here. Did you mean `each`?"),
        ("each: 2", "each: 0", "`each` must be above 0."),
        ("each: 2", "each: -2", "must not be negative."),
        ("kind: scaled", "kind: scald", "it must be one of 'yes_no', 'scaled', 'deduction', 'human'"),
        ("kind: scaled\n", "\n", "'kind' is missing."),
        ("{limit: 10}", "{limt: 10}", "Did you mean `limit`?"),
        ("{limit: 10}", "{limit: 0}", "input should be greater than or equal to 1"),
        (NEEDS, "", "best on an empty submission, which must not earn points."),
        ("id: lint\n", "id: hidden-tests\n", "the id `hidden-tests` is used twice."),
        ("id: readability", "id: correctness", "the criterion `correctness` is there twice."),
        ("id: lint\n", "id: Lint!\n", "String should match pattern"),
        ("points: 80", "points: eighty", "must be a number, not `eighty`."),
        ("points: 80", "points: 0", "the criterion `correctness` has no points to give."),
        ("weight: 80", "weight: 0", "a weight must be above 0."),
        ("points: 80", "points: true", "must be a number."),
        ("points: 80", "points: 1e20", "must lie between"),
        ("40 %", "much", "must be a number or a percentage like 40 %, not `much`."),
        ("points: 6", "points: 0", "a penalty (`points: 0`) needs a `cap`."),
        ("40 %", "140 %", "must lie between 0 and 1"),
        ("at_least: 50 %}\n    total", "at_leest: 50 %}\n    total", "Did you mean `at_least`?"),
        (", at_least: 50 %}\n    total", "}\n    total", "the condition has no bound."),
        ("from: 0, word", "from: 1 %, word", "nothing is said from 0 on."),
        ("from: 75 %", "from: 90 %", "two begin at 0.9."),
        ("rubric: 1", "rubric: 2", "rubric: Input should be 1."),
        ("version: 1", "version: 1.10", "version: Input should be a valid string."),
        (
            "    announced: The code must pass the tests that come with the task.\n",
            "",
            "`announced` is missing.",
        ),
        ("points: 80", "points: 80\n        scale: [[1, 1], [0, 0]]", "each above the one before"),
        (
            "points: 80",
            "points: 80\n        scale: [[0, 0], [1, 0.5]]",
            "no value of the scale gives all points",
        ),
        ("kind: scaled", "kind: scaled\n        points: 1", "`points` is given twice"),
        (
            "bands:",
            SENIOR % "items: {lnt: {points: 2}}",
            "nothing called `lnt` to change. Did you mean `lint`?",
        ),
        ("bands:", SENIOR % "items: {lint: {scale: [[0, 0], [1, 1]]}}", "does not fit what it changes"),
        ("bands:", SENIOR % "items: {hidden-tests: {drop: true}}", "does not fit what it changes"),
        ("bands:", SENIOR % "items: {lint: {each: 0}}", "levels.senior.items.lint: `each` must be above 0."),
    ],
)
def test_mistakes_are_refused_with_line_and_remedy(
    default_text: str, old: str, new: str, message: str
) -> None:
    """A rubric that is wrong must never score anybody."""
    assert old in default_text
    with pytest.raises(SourceError) as caught:
        parse(default_text.replace(old, new, 1), "r.yaml")
    assert message in str(caught.value)
    assert re.match(r"r\.yaml:\d+: ", str(caught.value))


def test_a_scale_is_needed_where_the_measure_is_no_share(default_text: str) -> None:
    """A complexity of 7 maps to no share by itself."""
    text = default_text.replace("measure: hidden_tests.share\n", "measure: own_tests.count\n", 1)
    with pytest.raises(SourceError, match=r"r\.yaml:13: .*`own_tests\.count` is no share"):
        parse(text, "r.yaml")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("id: mostly", "id: fully", "the choice `fully` is there twice."),
        ("{id: fully, share: 1,", "{id: fully, share: 0.9,", "no choice gives all points."),
    ],
)
def test_choices_must_differ_and_reach_all_points(example: str, old: str, new: str, message: str) -> None:
    """A reviewer's full praise must be worth full points."""
    with pytest.raises(SourceError, match=message):
        parse(example.replace(old, new), "r.yaml")


def test_a_list_with_wrong_entries_is_not_called_too_short(default_text: str) -> None:
    """One mistake, one message."""
    with pytest.raises(SourceError) as caught:
        parse(default_text.replace("points: 80", "points: eighty"), "r.yaml")
    assert len(caught.value.problems) == 1


def test_a_level_changes_what_it_names_and_nothing_else(example: str) -> None:
    """Seniority variants extend a base; they do not repeat it."""
    base = parse(example, "r.yaml")
    junior = at_level(base, "junior")
    assert [criterion.weight for criterion in junior.criteria] == [60, 10, 20]
    assert junior.criteria[0].items[1].points == Fraction(1, 2)
    assert junior.criteria[0].items[0] == base.criteria[0].items[0]
    assert junior.gates[0].total_at_most == Fraction(3, 5)
    assert (at_level(base, None).criteria, junior.levels) == (base.criteria, {})


def test_a_level_can_add_and_drop_items(default_text: str) -> None:
    """Seniors may be asked for more, juniors for less."""
    item = (
        "{id: readme, kind: yes_no, title: README, points: 1, "
        "condition: {measure: files.count, with: {match: [README*]}, at_least: 1}}"
    )
    bands = "[{id: all, title: All, from: 0, recommendation: Talk.}]"
    change = f"items: {{lint: {{drop: true}}}}\n    add_items: {{readability: [{item}]}}\n    bands: {bands}"
    senior = at_level(parse(default_text.replace("bands:", SENIOR % change), "r.yaml"), "senior")
    assert [band.id for band in senior.bands] == ["all"]
    assert [item.id for item in senior.criteria[1].items] == [
        "complexity",
        "naming",
        "error-handling",
        "readme",
    ]


def test_the_digest_is_of_what_the_rubric_says(default_text: str, default_rubric: Rubric) -> None:
    """Comments and spelling of a number do not make another rubric; a point does."""
    same = "# more words\n" + default_text.replace("each: 0.5", "each: 0.50").replace("40 %", "0.4")
    same = same.replace("each: 2", "each: 2\n        free: 0")
    assert digest(parse(same, "r.yaml")) == digest(default_rubric)
    other = default_text.replace("each: 0.5", "each: 0.51", 1)
    assert digest(parse(other, "r.yaml")) != digest(default_rubric)


def test_a_criterion_that_the_brief_does_not_announce_is_found(example: str) -> None:
    """Promise 8: only what the brief said is scored."""
    brief = "# Task\n\nYour **function** must greet\nevery name that we give it. Write tests for it."
    missing = not_announced(parse(example, "r.yaml"), brief)
    assert [criterion.id for criterion in missing] == ["readability"]
