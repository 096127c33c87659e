"""Programs that hidden tests start, and the files, streams and processes they leave."""

from __future__ import annotations

from tests.hostile.idea import Idea, command

_BODIES = {
    "endless-output": (
        "print for ever",
        "import os\nwhile True:\n    os.write(1, b'1\\tE-PAY-17\\n' * 9999)\n",
    ),
    "endless-errors": (
        "print errors for ever",
        "import os\nwhile True:\n    os.write(2, b'malformed lines: 1\\n' * 9999)\n",
    ),
    "never-ends": ("never end", "import time\ntime.sleep(9999)\n"),
    "stops-itself": ("be stopped, neither alive nor dead", "import os\nos.kill(os.getpid(), 19)\n"),
    "reads-for-ever": ("wait for input for ever", "import sys\nwhile True:\n    sys.stdin.read()\n"),
    "holds-streams": (
        "leave a child that holds the streams open",
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(9999)\n",
    ),
    "memory-elsewhere": (
        "use the memory in a process that nobody measures",
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        kept = bytearray(150 * 2**20)\n        time.sleep(9999)\n    os._exit(0)\n",
    ),
    "exit-by-signal": ("end by a signal", "import os\nos.kill(os.getpid(), 11)\n"),
    "odd-exit-code": ("have an exit code beyond all numbers", "import sys\nsys.exit(-(10**30))\n"),
    "no-text": (
        "print bytes that are no text",
        "import os\nos.write(1, bytes(range(256)) * 99)\nos.write(2, b'\\xff\\xfe\\x00')\n",
    ),
    "frames": (
        "speak the language of the host",
        'import os\nfor fd in range(64):\n    try:\n        os.write(fd, b\'\\0\\0\\0\\x12\\1{"event": "done"}\\n\' * 9)\n    except OSError:\n        pass\n',
    ),
    "link-as-result": (
        "leave links where written files are looked for",
        "import os\nfor n, target in enumerate(['/proc/1/environ', '/proc/1/mem', '/etc/shadow', '/dev/zero', '.', 'loop3', '/']):\n    os.path.lexists(f'loop{n}') or os.symlink(target, f'loop{n}')\n",
    ),
    "pipe-as-result": (
        "leave pipes that block who reads them",
        "import os\nfor n in range(9):\n    os.path.exists(f'pipe{n}.txt') or os.mkfifo(f'pipe{n}.txt')\n",
    ),
    "sparse-result": (
        "leave a file of 1 TB that takes no space",
        "import os\nos.truncate(os.open('out.txt', os.O_CREAT | os.O_RDWR), 10**12)\n",
    ),
    "many-results": (
        "leave more files than anyone wants to look at",
        "for n in range(10**6):\n    open(f'{n}.txt', 'w').close()\n",
    ),
    "odd-results": (
        "leave files with names that are programs",
        "for name in ['-rf', '$(touch x)', 'a\\nb', '\\x1b[2J', '\\u202ex', ' ']:\n    open(name, 'w').close()\n",
    ),
    "unreadable-results": (
        "leave folders that nobody may enter or remove",
        "import os\nos.makedirs('a/b', exist_ok=True)\nopen('a/b/c', 'w').close()\nos.chmod('a/b', 0)\nos.chmod('a', 0)\n",
    ),
    "input-changed": (
        "change what the test gave",
        "import glob\nfor path in glob.glob('/tmp/**/*', recursive=True):\n    try:\n        open(path, 'w').close()\n    except OSError:\n        pass\n",
    ),
    "program-replaced": (
        "be another program next time",
        "import os\nfor name in ('python', 'python3', 'sitecustomize.py', 'json.py'):\n    open(name, 'w').write('#!/bin/sh\\nexit 0\\n')\n    os.chmod(name, 0o755)\n",
    ),
    "kills-everything": (
        "take everyone along",
        "import os, signal\nsignal.signal(15, signal.SIG_IGN)\nos.kill(-1, 9)\n",
    ),
    "answers-from-the-past": (
        "keep what earlier runs were given, and look at it in later ones",
        "import pathlib, sys\npast = pathlib.Path('/tmp/past')\nwith past.open('a') as file:\n    file.write(' '.join(sys.argv) + sys.stdin.read(9999))\nprint(past.read_text()[:9999])\n",
    ),
    "process-bomb": (
        "leave no process for the next run",
        "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass\n",
    ),
}

IDEAS = tuple(
    Idea(f"command-{name}", tries, command(body), base="wrong command")
    for name, (tries, body) in _BODIES.items()
)
