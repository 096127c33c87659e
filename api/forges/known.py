"""The forges that we know, each under its kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from api.forges.gitea import Gitea
from api.forges.github import GitHub
from api.forges.gitlab import GitLab
from api.forges.interface import Forge
from api.forges.tables import ForgeKind

FORGES: Final[Mapping[ForgeKind, Forge]] = {
    ForgeKind.GITHUB: GitHub(),
    ForgeKind.GITLAB: GitLab(),
    ForgeKind.GITEA: Gitea(),
}


def forge_of(kind: str) -> Forge:
    """The forge of a connection."""
    return FORGES[ForgeKind(kind)]
