"""What takehome.yaml may say, and how it is read: keys, types, defaults, messages with file and line."""

from __future__ import annotations

import difflib
import io
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import MarkedYAMLError, YAMLError

MAX_SPEC_BYTES = 256 * 2**10
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
    tree = _parse(data, path)
    try:
        return TakehomeSpec.model_validate(tree)
    except ValidationError as invalid:
        problems = tuple(
            f"{path}:{_line(tree, error['loc'])}: {_dotted(error['loc'])}: {_advice(error)}"
            for error in invalid.errors(include_url=False)
        )
        raise BadSpec(problems) from invalid


def _parse(data: bytes, path: str) -> CommentedMap:
    if len(data) > MAX_SPEC_BYTES:
        raise BadSpec((f"{path}: is larger than {MAX_SPEC_BYTES} bytes",))
    try:
        tree = YAML(typ="rt").load(io.BytesIO(data))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise BadSpec((f"{path}:{line}: {error.problem or error.context}",)) from error
    except (YAMLError, UnicodeDecodeError) as error:
        raise BadSpec((f"{path}: is not YAML: {error}",)) from error
    if not isinstance(tree, CommentedMap):
        raise BadSpec((f"{path}:1: must be a mapping of keys to values",))
    return tree


def _line(tree: Any, loc: tuple[int | str, ...]) -> int:
    """Return the line, from 1, of the value at `loc`, or of the nearest thing around it that has a line."""
    line = 1
    for part in loc:
        try:
            place = tree.lc.key(part) if isinstance(tree, CommentedMap) else tree.lc.item(part)
            tree = tree[part]
        except (AttributeError, KeyError, IndexError, TypeError):
            break
        line = place[0] + 1
    return line


def _dotted(loc: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in loc) or "takehome.yaml"


def _advice(error: Any) -> str:
    if error["type"] == "missing":
        return "is missing"
    if error["type"] != "extra_forbidden":
        return str(error["msg"])
    known = _keys_beside(error["loc"])
    close = difflib.get_close_matches(str(error["loc"][-1]), known, n=1)
    if close:
        return f"unknown key; did you mean '{close[0]}'?"
    return f"unknown key; known are: {', '.join(known)}"


def _keys_beside(loc: tuple[int | str, ...]) -> list[str]:
    """Return the keys that the mapping which holds `loc` may have."""
    model: Any = TakehomeSpec
    for part in loc[:-1]:
        field = model.model_fields.get(part)
        if field is not None:
            inner = [field.annotation, *get_args(field.annotation)]
            model = next(kind for kind in inner if isinstance(kind, type) and issubclass(kind, BaseModel))
    return list(model.model_fields)
