"""The parts of payloads that are read, and the rules that all names and ids of theirs must follow.

A payload is signed by the forge, but what is in it was typed by whoever owns the repository.
"""

from __future__ import annotations

from typing import Annotated, Final, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from api.forges.interface import Ignored, Payload, Place

NO_COMMIT: Final = "0" * 40
BRANCH: Final = "refs/heads/"
UNREADABLE: Final = "The payload does not look like one of this event."

Sha = Annotated[str, Field(pattern=r"^([0-9a-f]{40}|[0-9a-f]{64})$")]
Number = Annotated[int, Field(ge=0, lt=10**18)]


def _plain(text: str) -> str:
    if not text.isprintable():
        raise ValueError("must be printable")
    return text


Branch = Annotated[str, Field(max_length=200), AfterValidator(_plain)]
NAME: Final = r"^[A-Za-z0-9_.][A-Za-z0-9_.-]*(/[A-Za-z0-9_.][A-Za-z0-9_.-]*){1,20}$"
"""owner/name, with groups where a forge has them. No part begins with a dash: a name ends up in an address."""


def _no_dots(name: str) -> str:
    if any(part in {".", ".."} for part in name.split("/")):
        raise ValueError("must not have the parts . and ..")
    return name


Name = Annotated[str, Field(max_length=400, pattern=NAME), AfterValidator(_no_dots)]


class Part(BaseModel):
    """Base of all shapes: what is not named here is not looked at."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Repository(Part):
    """As GitHub and Gitea describe it."""

    id: Number
    full_name: Name
    default_branch: Branch = ""

    @property
    def place(self) -> Place:
        return Place(self.full_name, str(self.id), self.default_branch)


class Installation(Part):
    """Of a GitHub App."""

    id: Number


class OfRepository(Part):
    """What every event of GitHub and Gitea has that we read."""

    action: str = ""
    repository: Repository
    installation: Installation | None = None

    @property
    def installed(self) -> str:
        return str(self.installation.id) if self.installation else ""


class Push(OfRepository):
    """Commits were pushed. GitHub and Gitea."""

    ref: Annotated[str, Field(max_length=400)]
    after: Sha
    deleted: bool = False


class Fork(Part):
    """The repository that a branch lies in."""

    id: Number


class Head(Part):
    """An end of a pull request. The repository is null where somebody has removed their fork."""

    sha: Sha
    ref: Annotated[str, Field(max_length=400)]
    repo: Fork | None = None


class Base(Part):
    """What a pull request shall be merged into."""

    ref: Branch


class PullRequest(Part):
    head: Head
    base: Base


class PullRequestEvent(OfRepository):
    """GitHub and Gitea."""

    pull_request: PullRequest


class WorkflowRun(Part):
    head_sha: Sha
    head_branch: Branch | None = None
    conclusion: str | None = None
    head_repository: Fork | None = None


class WorkflowRunEvent(OfRepository):
    """GitHub and Gitea."""

    workflow_run: WorkflowRun


class Check(Part):
    head_sha: Sha


class Requested(Part):
    identifier: str


class CheckRunEvent(OfRepository):
    """GitHub."""

    check_run: Check
    requested_action: Requested | None = None


class CheckSuiteEvent(OfRepository):
    """GitHub."""

    check_suite: Check


class Comment(Part):
    body: str


class Issue(Part):
    pull_request: dict[str, object] | None = None


class CommentEvent(OfRepository):
    """Gitea: a comment on an issue or pull request."""

    comment: Comment
    issue: Issue
    is_pull: bool = False


Shape = TypeVar("Shape", bound=Part)


def parsed(shape: type[Shape], payload: Payload) -> Shape | Ignored:
    """`payload` in a shape; what does not fit is ignored, with the names of what is wrong."""
    try:
        return shape.model_validate(payload)
    except ValidationError as error:
        wrong = ", ".join(
            ".".join(str(part) for part in one["loc"]) for one in error.errors(include_input=False)
        )
        return Ignored(f"{UNREADABLE} Not as it should be: {wrong}"[:300])


def place_of(payload: Payload) -> Place | None:
    """The repository of any event, for the log."""
    try:
        return OfRepository.model_validate(payload).repository.place
    except ValidationError:
        return None


def branch_of(ref: str) -> str | None:
    """The branch of a full reference; None where it is none, or has a name that nobody could read."""
    name = ref.removeprefix(BRANCH)
    fits = ref.startswith(BRANCH) and 0 < len(name) <= 200 and name.isprintable()
    return name if fits else None
