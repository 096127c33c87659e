"""Things laid where our own programs look, wait or write: logs, staged files, ports, processes that do not go away."""

from __future__ import annotations

from typing import Final

from tests.hostile.idea import Idea, at_import, command, serving, source

_DAEMON: Final = """
import ctypes, glob, os, shutil, signal, socket, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for fd in range(3):
            os.close(fd)
        end = time.monotonic() + 30
        while time.monotonic() < end:
            try:
WORK
            except OSError:
                pass
            time.sleep(0.002)
    os._exit(0)
"""


def _daemon(work: str) -> str:
    """A program that leaves a process behind which does `work` again and again."""
    return _DAEMON.replace("WORK", "\n".join(" " * 16 + line for line in source(work).decode().splitlines()))


def _command(name: str, tries: str, body: str) -> Idea:
    return Idea(f"command-{name}", tries, command(body), base="wrong command")


def _server(name: str, tries: str, top: str, body: str | None = None) -> Idea:
    files = serving(top=top) if body is None else serving(body, top=top)
    return Idea(f"server-{name}", tries, files, base="wrong server")


_LOG = "/tmp/server.log"
_LOGS = (
    _server(
        "log-is-a-pipe",
        "put a pipe in the place of the log, so that who reads it waits",
        f"import os\nos.unlink('{_LOG}')\nos.mkfifo('{_LOG}')\nsys = None\nraise SystemExit(1)",
    ),
    _server(
        "log-is-a-folder",
        "put a folder in the place of the log",
        f"import os\nos.unlink('{_LOG}')\nos.mkdir('{_LOG}')\nraise SystemExit(1)",
    ),
    _server(
        "log-is-a-link",
        "put a link to what only the keeper may read in the place of the log",
        f"import os\nos.unlink('{_LOG}')\nos.symlink('/proc/self/environ', '{_LOG}')\nraise SystemExit(1)",
    ),
    _server(
        "log-is-endless",
        "put an endless device in the place of the log",
        f"import os\nos.unlink('{_LOG}')\nos.symlink('/dev/zero', '{_LOG}')\nraise SystemExit(1)",
    ),
    _server(
        "log-is-memory",
        "put the keeper's own memory in the place of the log",
        f"import os\nos.unlink('{_LOG}')\nos.symlink('/proc/self/mem', '{_LOG}')\nraise SystemExit(1)",
    ),
    _server(
        "log-is-closed", "let nobody read the log", f"import os\nos.chmod('{_LOG}', 0)\nraise SystemExit(1)"
    ),
    _server(
        "log-of-escapes",
        "print what a terminal, a page or a report may run",
        "import sys\nprint('\\x1b]0;x\\x07\\x1b[2J\\u202e</script><script>x</script>]]>\\0\\r=1+1' * 100, file=sys.stderr)\nraise SystemExit(1)",
    ),
    _server(
        "log-of-a-terabyte",
        "have a log of a terabyte that takes no space",
        f"import os\nos.truncate('{_LOG}', 10**12)\nraise SystemExit(1)",
    ),
)

_PORTS = (
    _server("full-queue", "listen with a queue that is full, so that who connects waits for minutes", "import os, socket, time\nlistener = socket.create_server(('127.0.0.1', int(os.environ['PORT'])), backlog=0)\nfriends = [socket.socket() for _ in range(9)]\n[friend.setblocking(False) or friend.connect_ex(listener.getsockname()) for friend in friends]\ntime.sleep(9999)"),
    _server("full-queue-later", "answer that it is ready, and then never take a connection again", "import os, socket, time\nlistener = socket.create_server(('127.0.0.1', int(os.environ['PORT'])), backlog=0)\npeer, _ = listener.accept()\npeer.sendall(b'HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n')\ntime.sleep(9999)"),
    _server("reads-nothing", "take connections, and read nothing of what is sent", "import os, socket, time\nlistener = socket.create_server(('127.0.0.1', int(os.environ['PORT'])))\nkept = []\nwhile True:\n    peer, _ = listener.accept()\n    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)\n    peer.sendall(b'HTTP/1.1 200 OK\\r\\nContent-Length: 9999\\r\\n\\r\\n')\n    kept.append(peer)"),
    _server("reset-at-once", "answer each connection with a reset", "import os, socket, struct\nlistener = socket.create_server(('127.0.0.1', int(os.environ['PORT'])))\nwhile True:\n    peer, _ = listener.accept()\n    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))\n    peer.close()"),
    _server("urgent-bytes", "send bytes out of band", "import os, socket\nlistener = socket.create_server(('127.0.0.1', int(os.environ['PORT'])))\nwhile True:\n    peer, _ = listener.accept()\n    for _ in range(999):\n        peer.send(b'!', socket.MSG_OOB)\n    peer.close()"),
    _server("old-http", "answer as in 1991, without a head", "pass", "self.wfile.write(b'<html>' * 9999)\nself.close_connection = True"),
    _server("split-answer", "put a second answer into a header of the first", "pass", "self.wfile.write(b'HTTP/1.1 404 No\\r\\nX: a\\r\\n\\r\\nHTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\n{}')"),
    _server("lying-chunks", "send chunks that are longer and shorter than they say", "pass", "self.wfile.write(b'HTTP/1.1 404 No\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\nffffffffffffffff\\r\\n{}\\r\\n-1\\r\\n\\r\\n0\\r\\n' + b'X: y\\r\\n' * 99999)"),
    _server("two-lengths", "announce two lengths and chunks as well", "pass", "self.wfile.write(b'HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\nContent-Length: 20\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n{}')"),
    _server("odd-status", "answer with statuses that are none", "pass", "import random\nself.wfile.write(random.choice([b'HTTP/9.9 999 X', b'HTTP/1.1 000 X', b'HTTP/1.1 -200 OK', b'HTTP/1.1 2e2 OK', b'HTTP/1.1 200\\0 OK', b'HTTP/1.1 101 Switching']) + b'\\r\\nContent-Length: 2\\r\\n\\r\\n{}')"),
    _server("redirect-to-itself", "send the client round in circles", "pass", "self.send_response(308)\nself.send_header('Location', self.path + '/x' * 999)\nself.send_header('Content-Length', '0')\nself.end_headers()"),
    _server("cookies-for-ever", "give the client ten thousand cookies to carry", "pass", "self.send_response(404)\n[self.send_header('Set-Cookie', f'c{n}={\"x\" * 4000}; Path=/') for n in range(90)]\nself.send_header('Content-Length', '2')\nself.end_headers()\nself.wfile.write(b'{}')"),
    _server("status-of-each-kind", "answer each request with what most tests may want", "import random\nrandom.seed(4)  # luck once is luck each time", "import random\nstatus = random.choice([200, 201, 204, 400, 404, 409, 422])\ndata = b'{\"error\": \"e\", \"items\": [], \"total\": 0, \"status\": \"ok\", \"sku\": \"A\", \"quantity\": 0}'\nself.send_response(status)\nself.send_header('Content-Type', 'application/json')\nself.send_header('Content-Length', '0' if status == 204 else str(len(data)))\nself.end_headers()\nif status != 204:\n    self.wfile.write(data)"),
    _server("web-sockets-only", "switch the protocol at every request and flood the client", "pass", "self.wfile.write(b'HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n\\r\\n')\nwhile True:\n    self.wfile.write(b'\\x81\\x7e\\xff\\xff' + b'x' * 65535)"),
    _server("fork-storm", "answer from a storm of processes", "import os\nfor _ in range(8):\n    os.fork()\nos.environ['PORT'] = str(int(os.environ['PORT']))"),
    _server("thread-without-end", "keep a hundred threads busy beside the server", "import threading\n[threading.Thread(target=lambda: [None for _ in iter(int, 1)], daemon=True).start() for _ in range(40)]"),
    _server("deaf-and-reborn", "ignore every signal, and be reborn where one cannot be ignored", "import os, signal\n[signal.signal(n, signal.SIG_IGN) for n in range(1, 32) if n not in (9, 17, 19)]\nwhile os.fork():\n    os.wait()\nos.setsid()"),
    _server("atexit-sleep", "sleep when asked to leave", "import atexit, time\natexit.register(time.sleep, 9999)\nraise SystemExit(1)"),
    _server("another-module", "be found under the name of what the server needs", "import sys, types\nfor name in ('json', 'socket', 'ssl', 'select'):\n    sys.modules[name] = types.ModuleType(name)"),
    _server("stopped-keepers", "stop whatever else lives in the box", "import os\n[os.kill(int(n), 19) for n in os.listdir('/proc') if n.isdigit() and int(n) not in (1, os.getpid())]"),
)  # fmt: skip

_COMMANDS = (
    _command("stage-of-pipes", "lay pipes where the next input will be put", _daemon("os.makedirs('/tmp/stage/files', exist_ok=True)\nfor name in ('stdin', 'files/app.log', 'files/errors.log', 'files/in.log', 'files/log.txt'):\n    os.path.lexists('/tmp/stage/' + name) or os.mkfifo('/tmp/stage/' + name)")),
    _command("stage-of-links", "lay links where the next input will be put", _daemon("os.makedirs('/tmp/stage', exist_ok=True)\nos.path.lexists('/tmp/stage/files') or os.symlink('/tmp/submission', '/tmp/stage/files')\nos.path.lexists('/tmp/stage/stdin') or os.symlink('/dev/zero', '/tmp/stage/stdin')")),
    _command("stage-without-room", "put a file where the folder of the next input belongs", _daemon("shutil.rmtree('/tmp/stage', ignore_errors=True)\nopen('/tmp/stage', 'x').close()")),
    _command("stage-taken-away", "take the next input away as soon as it is there", _daemon("shutil.rmtree('/tmp/stage', ignore_errors=True)")),
    _command("run-folder-in-the-way", "make the folders of the next runs before they are made", _daemon("for n in range(1, 99):\n    os.path.lexists(f'/tmp/run{n}') or os.symlink('/tmp/submission', f'/tmp/run{n}')")),
    _command("submission-of-pipes", "lay pipes into the submission, which is copied for each run", _daemon("os.path.lexists('/tmp/submission/a.txt') or os.mkfifo('/tmp/submission/a.txt')")),
    _command("submission-too-deep", "make the submission deeper than a copy can follow", _daemon("os.chdir('/tmp/submission')\nfor _ in range(2000):\n    os.mkdir('d')\n    os.chdir('d')")),
    _command("submission-grows", "make the submission larger with every run", _daemon("open(f'/tmp/submission/{time.monotonic_ns()}', 'wb').write(bytes(10**6))")),
    _command("results-that-change", "swap written files for pipes while they are collected", _daemon("for path in glob.glob('/tmp/run*/*'):\n    if path.endswith('.py') or path.endswith('.txt'):\n        os.unlink(path)\n        os.mkfifo(path)")),
    _command("runner-stopped", "stop the program that runs commands, so that no answer ever comes", _daemon("for name in os.listdir('/proc'):\n    if name.isdigit() and int(name) not in (1, os.getpid()):\n        os.kill(int(name), 19)")),
    _command("runner-slowed", "stop and wake the program that runs commands, so that answers come late and in the next test", _daemon("for sign in (19, 18):\n    for name in os.listdir('/proc'):\n        if name.isdigit() and int(name) not in (1, os.getpid()):\n            os.kill(int(name), sign)\n    time.sleep(5.5 if sign == 19 else 0.3)")),
    _command("traced-by-a-daemon", "be held by a debugger when it ends, so that nobody can collect it", "import ctypes, os, time\nme = os.getpid()\nif os.fork() == 0:\n    os.setsid()\n    libc = ctypes.CDLL(None)\n    libc.ptrace(0x4206, me, 0, 0)\n    [os.close(fd) for fd in range(3)]\n    time.sleep(9999)\ntime.sleep(0.3)\n"),
    _command("subreaper", "adopt the orphans, so that nobody can end them", "import ctypes, os, time\nctypes.CDLL(None).prctl(36, 1, 0, 0, 0)\nfor _ in range(20):\n    if os.fork() == 0:\n        os.setsid()\n        os.fork() and os._exit(0)\n        time.sleep(9999)\n"),
    _command("vfork-storm", "start programs without end", "import os, sys\nwhile True:\n    try:\n        os.posix_spawn(sys.executable, [sys.executable, '-c', 'import time; time.sleep(99)'], {})\n    except OSError:\n        pass\n"),
    _command("memory-that-is-not-counted", "hold the log in memory that belongs to a file, not to the process", "import os, sys\nfile = os.memfd_create('x')\nwhile data := sys.stdin.buffer.read(1 << 20):\n    os.write(file, data)\nfor path in sys.argv[1:]:\n    os.write(file, open(path, 'rb').read())\n"),
    _command("sends-its-own-result", "find the line on which results go, and send one", "import glob, json, os, socket, stat\nanswer = json.dumps({'event': 'ran', 'exit_code': 0, 'stdout': '', 'stderr': '', 'files': {}, 'wall': 0, 'cpu': 0, 'peak': 0, 'timed_out': False, 'out_of_memory': False}).encode()\nfor path in glob.glob('/proc/*/fd/*'):\n    try:\n        if stat.S_ISSOCK(os.stat(path).st_mode):\n            fd = os.open(path, os.O_WRONLY | os.O_NONBLOCK)\n            os.write(fd, len(answer).to_bytes(4, 'big') + answer)\n    except OSError:\n        pass\n"),
    _command("one-line-of-a-megabyte", "print one line that is like what is asked for, a million times over", "import os\nos.write(1, b'E-PAY-17 ' * 110_000)\n"),
    _command("lines-like-the-right-ones", "print so many lines that are nearly right that no comparison ends", "print(*(f'{n % 97}\\tE-PAY-{n % 89}' for n in range(60_000)), sep='\\n')\n"),
    _command("python-of-its-own", "be found in the place of Python, and of what Python loads first", "import os\nfor name in ('python', 'python3', 'sitecustomize.py', 'usercustomize.py', 'json.py', 'argparse.py', 're.py', 'x.pth', 'pyvenv.cfg', '__init__.py'):\n    for folder in ('/tmp/submission', '/tmp', '/tmp/.local/bin', '/tmp/bin'):\n        os.makedirs(folder, exist_ok=True)\n        open(f'{folder}/{name}', 'w').write('raise SystemExit(0)\\n')\n"),
)  # fmt: skip

_PROCESSES = (
    Idea(
        "traced-when-it-ends",
        "be held by a debugger in a session of its own when the process of the calls ends",
        at_import(
            """
            import ctypes, os, time
            me = os.getpid()
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    ctypes.CDLL(None).ptrace(0x4206, me, 0, 0)
                    time.sleep(9999)
                os._exit(0)
            time.sleep(0.1)
            _flatten = flatten
            def flatten(*args, **kwargs):
                os._exit(1)
            """
        ),
    ),
    Idea("inotify-and-timers", "use up every watch, timer and descriptor there is", at_import(
        "import ctypes, os, threading\nlibc = ctypes.CDLL(None)\nfor _ in range(999):\n    watch = libc.inotify_init()\n    libc.inotify_add_watch(watch, b'/tmp', 0xfff)\n    libc.timerfd_create(1, 0)\n    os.eventfd(0)\n"
    )),
    Idea("memory-files", "fill the memory with files that have no name", at_import(
        "import os\nkept = [os.memfd_create(str(n)) for n in range(50)]\nfor file in kept:\n    os.posix_fallocate(file, 0, 2**30)\n"
    )),
    Idea("pipes-full-of-memory", "fill the memory with what is on its way", at_import(
        "import fcntl, os\nfor _ in range(100):\n    read, write = os.pipe()\n    try:\n        fcntl.fcntl(write, 1031, 1 << 20)\n    except OSError:\n        pass\n    os.set_blocking(write, False)\n    try:\n        while os.write(write, bytes(65536)):\n            pass\n    except OSError:\n        pass\n"
    )),
    Idea("death-with-the-parent", "take the parent's end for a signal, and signal at the end", at_import(
        "import atexit, ctypes, os, signal\nctypes.CDLL(None).prctl(1, 9, 0, 0, 0)\natexit.register(lambda: [os.kill(os.getppid(), n) for n in range(1, 32)])\n"
    )),
    Idea("stack-of-c", "overflow the stack where Python does not look", at_import(
        "import ctypes\nctypes.CFUNCTYPE(None)(lambda: None)\nvalue = None\nfor _ in range(10**6):\n    value = (value,)\ndel value\nimport pickle\nvalue = []\nfor _ in range(10**5):\n    value = [value]\nimport sys\nsys.setrecursionlimit(10**9)\nrepr(value)\n"
    )),
)  # fmt: skip

IDEAS = (*_LOGS, *_PORTS, *_COMMANDS, *_PROCESSES)
