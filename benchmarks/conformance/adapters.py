"""How a repository of each style splits into candidate files and suite files.

An adapter takes the checkout's folder and yields its exercises, one for each test file. It never changes a byte
of either side: it only says which file belongs to whom and where it lies.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.conformance.exercise import Exercise, Files, files_below, is_configuration, is_test, without

Adapter = Callable[[Path], Iterator[Exercise]]


def exercism(checkout: Path) -> Iterator[Exercise]:
    """Exercises whose `.meta/config.json` says which example answers stand for which solution files."""
    for config in sorted(checkout.glob("exercises/*/*/.meta/config.json")):
        folder = config.parent.parent
        files = json.loads(config.read_text(encoding="utf-8"))["files"]
        answers = files.get("example") or files.get("exemplar") or []
        answered = dict(zip(files["solution"], answers, strict=False))
        candidate = {n: (folder / a).read_bytes() for n, a in answered.items() if (folder / a).is_file()}
        given = {n: c for n, c in files_below(folder).items() if not n.startswith(".")}
        candidate |= {name: given[name] for name in files.get("editor", []) if name in given}
        suite = without(given, files["solution"]) | {"pytest.ini": (checkout / "pytest.ini").read_bytes()}
        if candidate and any(is_test(name) for name in suite):
            yield Exercise(f"{folder.parent.name}/{folder.name}", candidate, suite)


def library(code: str, tests: str, *, inside: str = "", built: Files | None = None) -> Adapter:
    """A library: `code` (a package folder or a module, relative to `inside`) against each test file in `tests`.

    `tests` is a folder, or one file beside the code. Helper modules among the tests belong to the suite.
    `built` holds files that the library's build would have put into the package.
    """

    def exercises(checkout: Path) -> Iterator[Exercise]:
        root = checkout / inside
        if (root / code).is_dir():
            candidate = {f"{code}/{name}": content for name, content in files_below(root / code).items()}
            candidate = {
                name: c for name, c in candidate.items() if "/tests/" not in name and not is_test(name)
            }
            candidate |= {f"{code}/{name}": content for name, content in (built or {}).items()}
        else:
            candidate = {code: (root / code).read_bytes()}
        yield from _each_test_of(checkout / tests, candidate)

    return exercises


def _each_test_of(tests: Path, candidate: dict[str, bytes]) -> Iterator[Exercise]:
    if tests.is_file():
        # A single test file beside the code is called what its author called it; pytest is told to take it.
        yield Exercise(tests.stem, candidate, {tests.name: tests.read_bytes()})
        return
    held = files_below(tests)
    all_tests = [name for name in held if is_test(name)]
    for name in all_tests:
        suite = without(held, (o for o in all_tests if o != name and _module(o) not in held[name]))
        yield Exercise(
            name.removesuffix(".py"), candidate, {f"{tests.name}/{n}": c for n, c in suite.items()}
        )


def _module(name: str) -> bytes:
    """The module name of a file: a test that names another test module may import from it."""
    return name.rsplit("/", 1)[-1].removesuffix(".py").encode()


def package_per_folder(pattern: str) -> Adapter:
    """Many small projects in one repository, each with `src/` and `tests/`; `pattern` finds their folders."""

    def exercises(checkout: Path) -> Iterator[Exercise]:
        for folder in sorted(checkout.glob(pattern)):
            source = folder / "src" if (folder / "src").is_dir() else folder
            candidate = {n: c for n, c in files_below(source).items() if not n.startswith("tests/")}
            name = folder.relative_to(checkout).as_posix()
            for exercise in _each_test_of(folder / "tests", candidate):
                yield Exercise(f"{name}/{exercise.name}", exercise.candidate, exercise.suite)

    return exercises


def tests_beside_code(checkout: Path) -> Iterator[Exercise]:
    """Loose collections: a test file in the folder of its code, or in a `test`/`tests` folder one below it."""
    for test in sorted(path for path in checkout.rglob("*.py") if is_test(path.name)):
        apart = test.parent.name in {"test", "tests"}
        folder = test.parent.parent if apart else test.parent
        around = {n: c for n, c in files_below(folder).items() if not is_configuration(n)}
        candidate = {
            n: c for n, c in around.items() if not is_test(n) and not n.startswith(("test/", "tests/"))
        }
        suite = {n: c for n, c in candidate.items() if not n.endswith(".py")}
        suite |= _own_files(test, apart=apart)
        yield Exercise(test.relative_to(checkout).as_posix().removesuffix(".py"), candidate, suite)


def _own_files(test: Path, *, apart: bool) -> dict[str, bytes]:
    """The test file and what lies with it for its sake."""
    if not apart:
        conftest = test.parent / "conftest.py"
        return {path.name: path.read_bytes() for path in (test, conftest) if path.is_file()}
    held = files_below(test.parent)
    kept = {n: c for n, c in held.items() if n == test.name or not is_test(n)}
    return {f"{test.parent.name}/{n}": c for n, c in kept.items()}


def importing_from_top(checkout: Path) -> Iterator[Exercise]:
    """Repositories whose tests import from the repository's top level: `from graphs.johnson import johnson`."""
    for test in sorted(path for path in checkout.rglob("*.py") if is_test(path.name)):
        top = test.relative_to(checkout).parts[0]
        below = files_below(checkout / top)
        candidate = {f"{top}/{n}": c for n, c in below.items() if not is_test(n)}
        name = test.relative_to(checkout).as_posix().removesuffix(".py")
        yield Exercise(name, candidate, {test.name: test.read_bytes()})


def hand_in(source: str = "") -> Adapter:
    """A repository that is one hand-in: each test file against everything else in it.

    What lies in folders called `test` or `tests`, and pytest's configuration, belongs to the suite. Files keep
    their places, but for those in the folder `source`, from which the tests import: they come to the top.
    """

    def exercises(checkout: Path) -> Iterator[Exercise]:
        held = {n.removeprefix(f"{source}/"): c for n, c in files_below(checkout).items()}
        aids = {n: c for n, c in held.items() if _is_aid(n)}
        candidate = {
            n: c for n, c in without(held, aids).items() if not is_test(n) and not is_configuration(n)
        }
        for name in filter(is_test, held):
            yield Exercise(name.removesuffix(".py"), candidate, {**aids, name: held[name]})

    return exercises


def _is_aid(name: str) -> bool:
    folders = name.split("/")[:-1]
    beside = not is_test(name) and not {"test", "tests"}.isdisjoint(folders)
    return beside or name.rsplit("/", 1)[-1] in {"conftest.py", "pytest.ini"}


def packages_with_tests(pattern: str, *, common: str) -> Adapter:
    """Tests that lie in the packages of the code, and may import it relatively: every file keeps its place.

    `pattern` finds the packages; `common` is a package that all of them use.
    """

    def exercises(checkout: Path) -> Iterator[Exercise]:
        shared = _code_below(checkout / common, checkout)
        for folder in sorted(path for path in checkout.glob(pattern) if path.is_dir()):
            candidate = {**shared, **_packages_above(folder, checkout), **_code_below(folder, checkout)}
            tests = {n: c for n, c in files_below(folder).items() if is_test(n)}
            place = folder.relative_to(checkout).as_posix()
            for name, content in tests.items():
                kept = f"{place}/{name}"
                yield Exercise(kept.removesuffix(".py"), candidate, {kept: content})

    return exercises


def _code_below(folder: Path, root: Path) -> dict[str, bytes]:
    place = folder.relative_to(root).as_posix()
    found = {n: c for n, c in files_below(folder).items() if not is_test(n) and not is_configuration(n)}
    return {f"{place}/{n}": c for n, c in found.items()}


def _packages_above(folder: Path, root: Path) -> dict[str, bytes]:
    files = [parent / "__init__.py" for parent in folder.parents if parent.is_relative_to(root)]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files if path.is_file()}


def corrected(code: str, answers: str, tests: str, *, aids: tuple[str, ...] = ()) -> Adapter:
    """Programs with a fault in `code` and the same without it in `answers`: these are handed in, under the same names.

    `aids` are folders and files that belong to the suite beside its tests.
    """

    def exercises(checkout: Path) -> Iterator[Exercise]:
        candidate = {f"{code}/{name}": content for name, content in files_below(checkout / answers).items()}
        helpers = {f"{tests}/{n}": c for n, c in files_below(checkout / tests).items() if not is_test(n)}
        for aid in aids:
            path = checkout / aid
            found = files_below(path) if path.is_dir() else {"": path.read_bytes()}
            helpers |= {f"{aid}/{name}".rstrip("/"): content for name, content in found.items()}
        for path in sorted((checkout / tests).glob("test_*.py")):
            yield Exercise(path.stem, candidate, {**helpers, f"{tests}/{path.name}": path.read_bytes()})

    return exercises
