"""Loads a take-home: the folder that holds everything which decides a grade.

    takehome.yaml    name, environment, limits, what to do with the candidate's own tests   (`TakehomeSpec`)
    brief.md         what the candidate reads
    rubric.yaml      how points are given (`grader.rubric` reads it)
    starter/         what the candidate starts from
    hidden_tests/    pytest suite; tests carry @pytest.mark.criterion("…")
    reference/       the exemplary solution, with its own tests
    broken/<name>/   files laid over reference/: solutions that must lose points where they say so
    samples/<name>/  optional: whole submissions for demonstrations; they decide nothing

A take-home is loaded whole into memory, checked, and never changes afterwards. Authors are trusted to be
honest, not to be careful, so every problem found is reported at once, with file and line.

    TakehomeError
    ├── NotATakehome      the folder is not there or holds no takehome.yaml
    ├── UnknownTakehome   no take-home of that name on the shelf
    └── BadTakehome       something in the folder is wrong or missing; `problems` lists all of it
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from grader.takehome_spec import BadSpec, TakehomeSpec, read_spec
from sandbox.contract import Files, Limits, Service, Suite

SPEC_FILE = "takehome.yaml"
BRIEF_FILE = "brief.md"
RUBRIC_FILE = "rubric.yaml"
STARTER = "starter"
HIDDEN_TESTS = "hidden_tests"
REFERENCE = "reference"
BROKEN = "broken"
SAMPLES = "samples"

MAX_FILES = 10_000
MAX_BYTES = 256 * 2**20

LEFT_BEHIND = frozenset({"__pycache__", ".pytest_cache", ".ruff_cache", ".mypy_cache", ".git", ".DS_Store"})
"""What tools leave in a working folder: no part of a take-home, so it must not change the digest."""


class TakehomeError(Exception):
    """A take-home cannot be used. The message says what is wrong, where, and what to do next."""


class NotATakehome(TakehomeError):
    """The folder is not there or holds no takehome.yaml."""


class UnknownTakehome(TakehomeError):
    """No take-home of that name on the shelf."""


class BadTakehome(TakehomeError):
    """Something in the folder is wrong or missing."""

    def __init__(self, folder: Path, problems: tuple[str, ...]) -> None:
        self.folder = folder
        self.problems = problems
        listed = "\n".join(f"  {problem}" for problem in problems)
        super().__init__(f"{folder} is not a usable take-home:\n{listed}")


@dataclass(frozen=True)
class Takehome:
    """One loaded take-home. Every `Files` is read-only and complete: nothing is read from disk later."""

    folder: Path
    spec: TakehomeSpec
    brief: str
    rubric_yaml: str
    starter: Files
    hidden_tests: Files
    reference: Files
    broken: Mapping[str, Files]
    """Name → whole submission: reference/ with the overlay of broken/<name>/ applied."""
    samples: Mapping[str, Files]
    digest: str
    """sha256 over the paths and contents of everything that decides a grade: all parts but the samples."""

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def rubric_path(self) -> Path:
        """Where `rubric_yaml` came from, for messages."""
        return self.folder / RUBRIC_FILE

    def suite(self) -> Suite:
        """Return the hidden suite as the sandbox wants it."""
        service = self.spec.service
        return Suite(
            digest=digest_of(self.hidden_tests),
            files=self.hidden_tests,
            modules=self.spec.modules,
            service=Service(service.start, service.port, service.ready) if service else None,
        )

    def limits(self) -> Limits:
        """Return the default limits with those that takehome.yaml sets."""
        return Limits(**self.spec.limits.model_dump(exclude_none=True))


def shelf() -> Path:
    """Return the folder of the take-homes that ship with the grader."""
    import rubrics  # data package: no import at the top, its files are an input like any other

    return Path(rubrics.__path__[0])


def names(on: Path) -> tuple[str, ...]:
    """Return the names of the take-homes in the folder `on`, sorted."""
    return tuple(sorted(path.parent.name for path in on.glob(f"*/{SPEC_FILE}")))


def find(wanted: str, on: Path) -> Takehome:
    """Load the take-home `wanted`: a name in the folder `on`, or else a folder of its own.

    Raises:
        UnknownTakehome: neither of them exists.
        TakehomeError: as `load`.
    """
    known = names(on)
    if wanted not in known:
        if Path(wanted).is_dir():
            return load(Path(wanted))
        close = difflib.get_close_matches(wanted, known, n=1)
        hint = f"Did you mean '{close[0]}'?" if close else f"There are: {', '.join(known) or 'none'}."
        raise UnknownTakehome(f"No take-home is called '{wanted}', and there is no such folder. {hint}")
    takehome = load(on / wanted)
    if takehome.name != wanted:
        problem = f"{SPEC_FILE}: name is '{takehome.name}' but the folder is '{wanted}': make them the same"
        raise BadTakehome(takehome.folder, (problem,))
    return takehome


def load(folder: Path) -> Takehome:
    """Load and check the take-home in `folder`.

    Raises:
        NotATakehome: no such folder, or it holds no takehome.yaml.
        BadTakehome: a part is missing, a key is unknown, a value is wrong, parts contradict each other.
    """
    if not folder.is_dir():
        raise NotATakehome(f"There is no folder {folder}.")
    if not (folder / SPEC_FILE).is_file():
        raise NotATakehome(f"{folder} is not a take-home: it holds no {SPEC_FILE}. See docs/takehomes.md.")
    try:
        files = read_files(folder)
        spec = read_spec(files[SPEC_FILE], str(folder / SPEC_FILE))
    except BadSpec as bad:
        raise BadTakehome(folder, bad.problems) from bad
    takehome = Takehome(
        folder=folder,
        spec=spec,
        brief=files.get(BRIEF_FILE, b"").decode("utf-8", "replace"),
        rubric_yaml=files.get(RUBRIC_FILE, b"").decode("utf-8", "replace"),
        starter=_part(files, STARTER),
        hidden_tests=_part(files, HIDDEN_TESTS),
        reference=_part(files, REFERENCE),
        broken=_broken(files, spec),
        samples=_named_parts(files, SAMPLES),
        digest=digest_of({path: data for path, data in files.items() if not path.startswith(f"{SAMPLES}/")}),
    )
    problems = (*_missing_parts(files), *_contradictions(takehome, files))
    if problems:
        raise BadTakehome(folder, problems)
    return takehome


def digest_of(files: Files) -> str:
    """Return the sha256, in hex, over the sorted pairs of path and sha256 of content."""
    total = hashlib.sha256()
    for path, data in sorted(files.items()):
        total.update(f"{hashlib.sha256(data).hexdigest()}  {path}\n".encode())
    return total.hexdigest()


def read_files(folder: Path) -> Files:
    """Return every file of the take-home in `folder`, by its POSIX path relative to it, unchecked.

    Raises:
        BadSpec: it holds links or devices, or too much.
    """
    files: dict[str, bytes] = {}
    size = 0
    for path in _walk(folder):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or not path.is_file():
            raise BadSpec((f"{name}: is a link or a device; a take-home holds regular files only",))
        size += path.stat().st_size
        if size > MAX_BYTES or len(files) >= MAX_FILES:
            raise BadSpec((f"{name}: the folder holds more than {MAX_FILES} files or {MAX_BYTES} bytes",))
        files[name] = path.read_bytes()
    return MappingProxyType(files)


def _walk(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name in LEFT_BEHIND or path.suffix == ".pyc":
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _walk(path)
        else:
            yield path


def _part(files: Files, part: str) -> Files:
    prefix = f"{part}/"
    inside = {p.removeprefix(prefix): data for p, data in files.items() if p.startswith(prefix)}
    return MappingProxyType(inside)


def _named_parts(files: Files, part: str) -> Mapping[str, Files]:
    inside = _part(files, part)
    found = sorted({path.split("/", 1)[0] for path in inside if "/" in path})
    return MappingProxyType({name: _part(inside, name) for name in found})


def _broken(files: Files, spec: TakehomeSpec) -> Mapping[str, Files]:
    overlays = _named_parts(files, BROKEN)
    reference = _part(files, REFERENCE)
    broken: dict[str, Files] = {}
    for name, declared in spec.broken.items():
        whole = {**reference, **overlays.get(name, {})}
        broken[name] = MappingProxyType({p: data for p, data in whole.items() if p not in declared.removes})
    return MappingProxyType(broken)


def _missing_parts(files: Files) -> Iterator[str]:
    for part in (BRIEF_FILE, RUBRIC_FILE):
        if not files.get(part, b"").strip():
            yield f"{part}: is missing or empty"
    for part in (STARTER, HIDDEN_TESTS, REFERENCE):
        if not _part(files, part):
            yield f"{part}/: is missing or empty"


def _contradictions(takehome: Takehome, files: Files) -> Iterator[str]:
    """Yield what the parts of a take-home say against each other."""
    spec, reference = takehome.spec, takehome.reference
    if takehome.hidden_tests and not any(path.endswith(".py") for path in takehome.hidden_tests):
        yield f"{HIDDEN_TESTS}/: holds no Python file, so there is nothing to run"
    for path in spec.files.required:
        if reference and path not in reference:
            yield f"{SPEC_FILE}: files.required names '{path}', which {REFERENCE}/ does not hold"
    for module in spec.modules:
        if reference and not {f"{module}.py", f"{module}/__init__.py"} & set(reference):
            yield f"{SPEC_FILE}: modules names '{module}', but {REFERENCE}/ holds no {module}.py or {module}/"
        if {f"{module}.py", f"{module}/__init__.py"} & set(takehome.hidden_tests):
            yield f"{HIDDEN_TESTS}/: holds a '{module}' of its own, which hides the candidate's module"
    for name in spec.own_tests.known_bad:
        if name not in spec.broken:
            yield f"{SPEC_FILE}: own_tests.known_bad names '{name}', which is not under broken"
    yield from _broken_contradictions(takehome, _named_parts(files, BROKEN))


def _broken_contradictions(takehome: Takehome, overlays: Mapping[str, Files]) -> Iterator[str]:
    declared = takehome.spec.broken
    for name in sorted(overlays.keys() - declared.keys()):
        yield f"{BROKEN}/{name}/: is not declared under broken in {SPEC_FILE}"
    for name, broken in declared.items():
        if not overlays.get(name) and not broken.removes:
            yield f"{SPEC_FILE}: broken.{name} has no folder {BROKEN}/{name}/ and removes nothing"
        for path in broken.removes:
            if path not in takehome.reference:
                yield f"{SPEC_FILE}: broken.{name}.removes names '{path}', which {REFERENCE}/ does not hold"
        if takehome.broken[name] == takehome.reference:
            yield f"{BROKEN}/{name}/: is the same as {REFERENCE}/"
