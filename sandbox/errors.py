"""What can go wrong on our side of the sandbox. None of these is ever the candidate's fault.

SandboxError
├── EngineUnavailable      no Docker engine answers
├── RuntimeUnavailable     the runtime asked for is not installed; we never take a weaker one
├── UnknownEnvironment     no environment of that name is defined
├── ImageMissing           the environment is defined but its image is not built
├── BuildFailed            an image could not be built
├── BoxLost                a container ended or stopped answering and the candidate is not to blame
│   └── Stuck              a container lives and does not take what it is sent
└── ProtocolBroken         our own programs did not understand each other
"""

from __future__ import annotations


class SandboxError(Exception):
    """The sandbox could not do its work. The message says what, where and what to do next."""


class EngineUnavailable(SandboxError):
    """No Docker engine answers."""


class RuntimeUnavailable(SandboxError):
    """The container runtime asked for is not installed."""


class UnknownEnvironment(SandboxError):
    """No environment of that name is defined."""


class ImageMissing(SandboxError):
    """The environment is defined but its image is not built."""


class BuildFailed(SandboxError):
    """An image could not be built."""


class BoxLost(SandboxError):
    """A container ended or stopped answering, and not through the candidate's doing."""


class Stuck(BoxLost):
    """A container lives and does not take what it is sent. Who sends to a candidate's box knows whom to blame."""


class ProtocolBroken(SandboxError):
    """Our own programs did not understand each other."""
