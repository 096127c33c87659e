"""Loading a take-home: what it holds, what decides its digest, and what authors are told."""

from __future__ import annotations

import shutil
from dataclasses import fields
from pathlib import Path

import pytest

from grader.takehome import (
    BadTakehome,
    NotATakehome,
    TakehomeError,
    UnknownTakehome,
    find,
    load,
    names,
    shelf,
)
from grader.takehome_spec import LimitRules, read_spec
from sandbox.contract import Limits

GUIDE = Path(__file__).parents[2] / "docs/takehomes.md"

SPEC = """\
name: greeting
title: Greeting
minutes: 30
modules: [greeting]
files: {required: [greeting.py]}
own_tests: {known_bad: [rude]}
limits: {test_seconds: 2.5, processes: 8}
broken:
  rude:
    loses: [politeness]
    why: Forgets the name.
  untested:
    removes: [test_greeting.py]
    loses: [tests]
    why: Has no tests.
"""

FILES = {
    "takehome.yaml": SPEC,
    "brief.md": "Greet.",
    "rubric.yaml": "rubric: 1",
    "starter/greeting.py": "",
    "hidden_tests/test_hidden.py": "import greeting",
    "reference/greeting.py": "def greet(name): return f'Hello {name}'",
    "reference/test_greeting.py": "import greeting",
    "broken/rude/greeting.py": "def greet(name): return 'You'",
    "samples/good/greeting.py": "pass",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "greeting"
    for path, text in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def problems(folder: Path) -> str:
    with pytest.raises(BadTakehome) as caught:
        load(folder)
    return "\n".join(caught.value.problems)


def change(folder: Path, old: str, new: str) -> None:
    spec = folder / "takehome.yaml"
    assert old in spec.read_text()
    spec.write_text(spec.read_text().replace(old, new))


def test_parts_are_loaded(folder: Path) -> None:
    takehome = load(folder)
    assert takehome.name == "greeting"
    assert takehome.brief == "Greet."
    assert set(takehome.reference) == {"greeting.py", "test_greeting.py"}
    assert set(takehome.samples) == {"good"}
    assert takehome.suite().modules == ("greeting",)


def test_broken_solutions_are_laid_over_the_reference(folder: Path) -> None:
    """An author writes down only what is different."""
    broken = load(folder).broken
    assert broken["rude"]["greeting.py"] == b"def greet(name): return 'You'"
    assert "test_greeting.py" in broken["rude"]
    assert set(broken["untested"]) == {"greeting.py"}


def test_limits_keep_their_defaults(folder: Path) -> None:
    limits = load(folder).limits()
    assert (limits.test_seconds, limits.processes) == (2.5, 8)
    assert limits.memory_bytes == Limits().memory_bytes


def test_every_limit_can_be_set() -> None:
    """A limit that the sandbox learns must not be forgotten in the format."""
    assert set(LimitRules.model_fields) == {limit.name for limit in fields(Limits)}


@pytest.mark.parametrize("path", ["takehome.yaml", "brief.md", "rubric.yaml", *list(FILES)[3:-1]])
def test_what_decides_a_grade_changes_the_digest(folder: Path, path: str) -> None:
    before = load(folder).digest
    with (folder / path).open("a") as file:
        file.write("\n# more\n")
    assert load(folder).digest != before


def test_samples_and_caches_do_not_change_the_digest(folder: Path) -> None:
    """Running the tests in place must not make another take-home of it."""
    before = load(folder).digest
    (folder / "samples/good/greeting.py").write_text("changed")
    (folder / "reference/__pycache__").mkdir()
    (folder / "reference/__pycache__/greeting.cpython-313.pyc").write_bytes(b"x")
    assert load(folder).digest == before


@pytest.mark.parametrize("part", ["brief.md", "rubric.yaml", "starter", "hidden_tests", "reference"])
def test_a_missing_part_is_named(folder: Path, part: str) -> None:
    target = folder / part
    shutil.rmtree(target) if target.is_dir() else target.unlink()
    assert part in problems(folder)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("minutes: 30", "minuets: 30", "Did you mean `minutes`?"),
        ("test_seconds: 2.5", "test_second: 2.5", "Did you mean `test_seconds`?"),
        ("minutes: 30", "minutes: soon", "takehome.yaml:3:"),
        ("name: greeting", "name: Greeting!", "takehome.yaml:1:"),
        ("required: [greeting.py]", "required: [../greeting.py]", "plain relative path"),
        ("required: [greeting.py]", "required: [hello.py]", "hello.py"),
        ("modules: [greeting]", "modules: [hello]", "hello"),
        ("known_bad: [rude]", "known_bad: [polite]", "polite"),
        ("removes: [test_greeting.py]", "removes: [test_hello.py]", "test_hello.py"),
        ("minutes: 30", "minutes: 30\nenvironment: rust", "takehome.yaml:4:"),
        ("minutes: 30", "minutes: [", "takehome.yaml:"),
    ],
)
def test_mistakes_are_told_with_their_place(folder: Path, old: str, new: str, expected: str) -> None:
    change(folder, old, new)
    assert expected in problems(folder)


def test_all_problems_are_told_at_once(folder: Path) -> None:
    (folder / "brief.md").unlink()
    change(folder, "modules: [greeting]", "modules: [hello]")
    assert {"brief.md", "hello"} <= set(problems(folder).replace(":", " ").replace("'", " ").split())


def test_a_broken_folder_must_be_declared(folder: Path) -> None:
    (folder / "broken/odd").mkdir()
    (folder / "broken/odd/greeting.py").write_text("pass")
    assert "broken/odd/" in problems(folder)


def test_a_broken_solution_must_differ(folder: Path) -> None:
    shutil.copy(folder / "reference/greeting.py", folder / "broken/rude/greeting.py")
    assert "the same as reference/" in problems(folder)


def test_the_suite_must_not_hide_the_candidates_module(folder: Path) -> None:
    """Else it would test itself."""
    (folder / "hidden_tests/greeting.py").write_text("def greet(name): return 'right'")
    assert "hides the candidate's module" in problems(folder)


def test_links_are_refused(folder: Path) -> None:
    (folder / "reference/secret").symlink_to("/etc/passwd")
    assert "secret" in problems(folder)


def test_a_folder_that_is_no_takehome(tmp_path: Path) -> None:
    with pytest.raises(NotATakehome, match=r"takehome\.yaml"):
        load(tmp_path)
    with pytest.raises(NotATakehome, match="no folder"):
        load(tmp_path / "nowhere")


def test_find_takes_a_name_or_a_folder(folder: Path) -> None:
    assert find("greeting", folder.parent).name == "greeting"
    assert find(str(folder), shelf()).name == "greeting"


def test_find_suggests_a_name(folder: Path) -> None:
    with pytest.raises(UnknownTakehome, match="Did you mean 'greeting'"):
        find("greetings", folder.parent)


def test_a_name_must_be_that_of_the_folder(folder: Path) -> None:
    folder.rename(folder.parent / "hello")
    with pytest.raises(TakehomeError, match="make them the same"):
        find("hello", folder.parent)


@pytest.mark.parametrize("name", names(shelf()))
def test_takehomes_that_ship(name: str) -> None:
    takehome = find(name, shelf())
    assert len(takehome.broken) >= 6


def test_the_guide_shows_a_valid_description() -> None:
    """People copy it."""
    example = GUIDE.read_text().split("```yaml\n")[1].split("```")[0]
    assert read_spec(example.encode(), "example").broken.keys() == {"rude", "untested"}
