"""The wire over ssh: one connection to a checked address, with a pinned host key, and a command for each question.

The client is a library in this process: no `ssh` is started, so the key is in no file, argument or environment.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import asyncssh

from api.fetching.conversation import SERVICE, too_large
from api.fetching.errors import FetchFailed
from api.fetching.over_http import too_slow
from api.fetching.packets import FLUSH, nonsense
from api.fetching.repository import Place, SshKey
from api.hooks.outside import NoAnswer, NotAllowed, Outside, TooSlow

_GREETING_BYTES: Final = 2**16
_PIECE: Final = 2**16
_T = TypeVar("_T")


class SshWire:
    """See `Wire`. A context manager: the connection is open inside."""

    def __init__(self, outside: Outside, place: Place, key: SshKey, ends: float) -> None:
        """`ends`: the moment (of the monotonic clock) until which everything must be answered."""
        self._outside = outside
        self._place = place
        self._key = key
        self._ends = ends
        self._runner = asyncio.Runner()
        self._connection: asyncssh.SSHClientConnection | None = None

    def __enter__(self) -> Self:
        """Connect.

        Raises:
            FetchFailed: as `fetched` does.
        """
        try:
            self._connection = self._within(self._connected())
        except BaseException:
            self._runner.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up, without waiting for the other end to agree."""
        if self._connection is not None:
            self._connection.abort()
        self._runner.close()

    def greeting(self) -> bytes:
        """See `Wire.greeting`."""
        return self._within(self._said(FLUSH, _GREETING_BYTES))

    def answer(self, question: bytes, most: int) -> bytes:
        """See `Wire.answer`."""
        said = self._within(self._said(question + FLUSH, most + _GREETING_BYTES))
        greeting, _, rest = said.partition(FLUSH)
        if not greeting:
            raise nonsense()
        return rest

    def _within(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Run something for as long as there is time, and say in our words how it failed."""
        left = self._ends - time.monotonic()
        try:
            return self._runner.run(asyncio.wait_for(work, max(left, 0)))
        except TimeoutError as error:
            raise too_slow() from error
        except asyncssh.HostKeyNotVerifiable as error:
            raise FetchFailed(
                "not_allowed",
                f"The key of {self._place.host} is none of its known keys, so nothing was sent to it.",
            ) from error
        except asyncssh.PermissionDenied as error:
            raise FetchFailed(
                "refused", "The server does not take the key. Check that it may read there."
            ) from error
        except (asyncssh.Error, OSError) as error:
            raise FetchFailed(
                "broken", f"The connection to {self._place.host} failed, or ended in the middle.", ours=True
            ) from error

    async def _connected(self) -> asyncssh.SSHClientConnection:
        place = self._place
        try:
            key = asyncssh.import_private_key(self._key.private_key)
            known = asyncssh.import_known_hosts(self._key.known_hosts)
        except (asyncssh.KeyImportError, ValueError) as error:
            raise FetchFailed("refused", "The key, or the list of known hosts, cannot be read.") from error
        try:
            addresses = self._outside.addresses(place.host, place.port, self._ends)
        except NotAllowed as error:
            raise FetchFailed("not_allowed", str(error)) from error
        except TooSlow as error:
            raise too_slow() from error
        except NoAnswer as error:
            raise FetchFailed("broken", str(error), ours=True) from error
        return await asyncssh.connect(
            str(addresses[0]),
            place.port,
            config=None,
            host_key_alias=place.host,
            known_hosts=known,
            username=place.user,
            client_keys=[key],
            agent_path=None,
            preferred_auth="publickey",
            compression_algs=None,
        )

    async def _said(self, question: bytes, most: int) -> bytes:
        """Everything that the program at the other end writes, when it is told this and then nothing more."""
        assert self._connection is not None
        process = await self._connection.create_process(
            f"{SERVICE} '{self._place.path}'", env={"GIT_PROTOCOL": "version=2"}, encoding=None
        )
        said = bytearray()
        try:
            process.stdin.write(question)
            process.stdin.write_eof()
            while piece := await process.stdout.read(_PIECE):
                said += piece
                if len(said) > most:
                    raise too_large(most)
        finally:
            process.close()
        if not said:
            raise FetchFailed(
                "not_found", "There is no repository at this address, or none that the key may read."
            )
        return bytes(said)
