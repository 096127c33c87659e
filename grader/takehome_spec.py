"""What takehome.yaml may say, and how it is read: keys, types, defaults, messages with file and line."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from grader.yaml_source import SourceError, load, validate

MOST_MUTANTS = 200
OWN_TEST_PATHS = ("test_*.py", "*_test.py", "tests/**/*.py")


def _inside(path: str) -> str:
    """Return `path` when it is a plain relative path that stays inside its folder."""
    pure = PurePosixPath(path)
    if not path or pure.is_absolute() or ".." in pure.parts or str(pure) != path:
        raise ValueError("must be a plain relative path, such as 'src/app.py'")
    return path


Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=60)]
ModuleName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
RelativePath = Annotated[str, AfterValidator(_inside)]
Count = Annotated[int, Field(gt=0)]
Amount = Annotated[float, Field(gt=0)]


class BadSpec(Exception):
    """takehome.yaml is wrong; `problems` says where and how."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class Spec(BaseModel):
    """Base of the models here: immutable and closed."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FileRules(Spec):
    required: tuple[RelativePath, ...] = ()
    """Files without which a submission cannot be graded."""


class OwnTestRules(Spec):
    """What is done with the candidate's own tests."""

    paths: tuple[str, ...] = OWN_TEST_PATHS
    """Glob patterns, relative to the submission, of the files that hold tests."""
    original: bool = False
    """Run them against starter/ too: they must fail there (tasks in which a bug is to be found)."""
    reference: bool = False
    """Run them against reference/ too: they must accept it."""
    known_bad: tuple[Name, ...] = ()
    """Run them against these solutions of broken/ too: they should fail there."""
    mutants: int = Field(default=0, ge=0, le=MOST_MUTANTS)
    """Run them on so many small changes of the candidate's own code, of which they should notice most."""
    orders: bool = False
    """Run them in other orders too. With mutants, that is done anyway."""


class ServiceRules(Spec):
    """A server that the submission starts."""

    start: tuple[str, ...] = Field(min_length=1)
    port: int = Field(default=8000, ge=1, le=65535)
    ready: str = Field(default="/", pattern="^/")
    """Any answer on this path means that the server is up."""


class BrokenSolution(Spec):
    """What one folder of broken/ is for."""

    loses: tuple[str, ...] = Field(min_length=1)
    """Ids of the criteria in which it must lose points; it must lose none elsewhere."""
    why: str = Field(min_length=1)
    removes: tuple[RelativePath, ...] = ()
    """Files of reference/ that it goes without."""


class LimitRules(Spec):
    """The fields of `sandbox.contract.Limits`, each optional: what is not set keeps its default."""

    test_seconds: Amount | None = None
    suite_seconds: Amount | None = None
    own_tests_seconds: Amount | None = None
    probe_seconds: Amount | None = None
    start_seconds: Amount | None = None
    memory_bytes: Count | None = None
    processes: Count | None = None
    cpus: Amount | None = None
    open_files: Count | None = None
    disk_bytes: Count | None = None
    disk_inodes: Count | None = None
    output_bytes: Count | None = None
    value_bytes: Count | None = None
    value_depth: Count | None = None
    traffic_bytes: Count | None = None


class TakehomeSpec(Spec):
    """The contents of takehome.yaml."""

    name: Name
    title: str = Field(min_length=1)
    seniority: Literal["intern", "junior", "mid", "senior", "staff", "any"] = "any"
    minutes: int = Field(gt=0)
    """How long an unhurried candidate needs."""
    environment: Literal["base", "web", "data"] = "base"
    modules: tuple[ModuleName, ...] = ()
    """Top-level modules that the hidden suite takes from the candidate."""
    files: FileRules = FileRules()
    own_tests: OwnTestRules = OwnTestRules()
    service: ServiceRules | None = None
    limits: LimitRules = LimitRules()
    broken: dict[Name, BrokenSolution] = {}


def read_spec(data: bytes, path: str) -> TakehomeSpec:
    """Parse and validate takehome.yaml. `path` is for messages.

    Raises:
        BadSpec: not YAML, not a mapping, or a key or value is wrong.
    """
    try:
        return validate(load(data.decode(), path), TakehomeSpec)
    except UnicodeDecodeError as error:
        raise BadSpec((f"{path}:1: is not UTF-8 text: {error}",)) from error
    except SourceError as error:
        raise BadSpec(tuple(str(error).splitlines())) from error
