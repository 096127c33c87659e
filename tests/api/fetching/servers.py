"""Real git servers on loopback: git's own program behind HTTP and behind two ssh servers."""

from __future__ import annotations

import asyncio
import base64
import getpass
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import asyncssh

SSHD = shutil.which("sshd", path=os.defpath + ":/usr/sbin:/sbin")
Serve = Callable[[asyncssh.SSHServerProcess[bytes]], Coroutine[None, None, None]]
ENVIRONMENT = {"PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null"}


@dataclass
class GitServer:
    """Where it is, and what was asked of it."""

    port: int
    asked: list[str] = field(default_factory=list)
    authorizations: set[str] = field(default_factory=set)
    """Those that are let in; with none, everybody is."""
    watch: Callable[[], None] = lambda: None
    """Called within each request."""

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, name: str) -> str:
        return f"http://{self.host}/{name}"

    def let_in(self, user: str, secret: str) -> None:
        """Ask everybody else for a password from now on."""
        self.authorizations.add("Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode())


@contextmanager
def git_over_http(root: Path) -> Iterator[GitServer]:
    """Serve all repositories in a folder by `git http-backend`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            made.asked.append(f"{self.command} {path}")
            made.watch()
            if made.authorizations and self.headers["authorization"] not in made.authorizations:
                self.send_error(401)
                return
            length = self.headers["content-length"] or "0"
            done = subprocess.run(
                ["git", "http-backend"],
                input=self.rfile.read(int(length)),
                capture_output=True,
                check=False,  # it fails when it has answered that it cannot
                env={
                    **ENVIRONMENT,
                    "GIT_PROJECT_ROOT": str(root),
                    "GIT_HTTP_EXPORT_ALL": "1",
                    "GIT_PROTOCOL": self.headers["git-protocol"] or "",
                    "REQUEST_METHOD": self.command,
                    "PATH_INFO": path,
                    "QUERY_STRING": query,
                    "CONTENT_TYPE": self.headers["content-type"] or "",
                    "CONTENT_LENGTH": length,
                },
            )
            head, _, body = done.stdout.partition(b"\r\n\r\n")
            fields = dict(line.split(": ", 1) for line in head.decode().splitlines())
            self.send_response(int(fields.pop("Status", "200 OK").split()[0]))
            for name, value in fields.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 -- the server's name for it

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """Clients that hang up are part of the game."""

    server = Server(("127.0.0.1", 0), Handler)
    made = GitServer(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass(frozen=True)
class SshServer:
    """Where it is, and what one needs to get in."""

    port: int
    user: str
    private_key: str
    known_hosts: str

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: Path) -> str:
        return f"ssh://{self.user}@{self.host}{path}"


@contextmanager
def git_over_sshd(folder: Path) -> Iterator[SshServer]:
    """OpenSSH's server, for whoever runs the tests."""
    assert SSHD is not None
    host, client = asyncssh.generate_private_key("ssh-ed25519"), asyncssh.generate_private_key("ssh-ed25519")
    (folder / "host").write_bytes(host.export_private_key())
    (folder / "host").chmod(0o600)
    (folder / "authorized").write_bytes(client.export_public_key())
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    config = folder / "sshd_config"
    config.write_text(
        f"ListenAddress 127.0.0.1\nPort {port}\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/authorized\n"
        "StrictModes no\nPidFile none\nAcceptEnv GIT_PROTOCOL\nPasswordAuthentication no\n"
        "PermitRootLogin prohibit-password\nUsePAM no\n"
    )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    process = subprocess.Popen([SSHD, "-D", "-q", "-f", str(config)])
    try:
        _wait_for(port)
        yield _ssh_server(port, getpass.getuser(), client, host)
    finally:
        process.terminate()
        process.wait()


async def run_command(process: asyncssh.SSHServerProcess[bytes]) -> None:
    """Do what a login shell does."""
    version = process.env.get("GIT_PROTOCOL", "")
    assert process.command is not None
    program = await asyncio.create_subprocess_exec(
        "sh",
        "-c",
        process.command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**ENVIRONMENT, "GIT_PROTOCOL": version},
    )
    output, _ = await program.communicate(await process.stdin.read())
    process.stdout.write(output)
    await process.stdout.drain()
    process.exit(program.returncode or 0)


async def never_end(process: asyncssh.SSHServerProcess[bytes]) -> None:
    """Answer with noise for as long as it is taken."""
    try:
        while True:
            process.stdout.write(b"x" * 2**16)
            await process.stdout.drain()
            await asyncio.sleep(0)
    except (asyncssh.Error, OSError):
        return


@contextmanager
def git_over_library(folder: Path, serve: Serve = run_command) -> Iterator[SshServer]:
    """The server of the ssh library, which needs nothing to be installed."""
    host, client = asyncssh.generate_private_key("ssh-ed25519"), asyncssh.generate_private_key("ssh-ed25519")
    (folder / "authorized").write_bytes(client.export_public_key())
    loop = asyncio.new_event_loop()

    async def start() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[host],
            authorized_client_keys=str(folder / "authorized"),
            process_factory=serve,
            encoding=None,
        )

    acceptor = loop.run_until_complete(start())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield _ssh_server(acceptor.get_port(), "git", client, host)
    finally:
        loop.call_soon_threadsafe(acceptor.close)
        asyncio.run_coroutine_threadsafe(acceptor.wait_closed(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _ssh_server(port: int, user: str, client: asyncssh.SSHKey, host: asyncssh.SSHKey) -> SshServer:
    line = f"[127.0.0.1]:{port} {host.export_public_key().decode()}"
    return SshServer(port, user, client.export_private_key().decode(), line)


def _wait_for(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("sshd does not listen")
