"""Servers that hidden tests talk to: the client lives in the container that scores."""

from __future__ import annotations

from tests.hostile.idea import Idea, serving

_HEAD = 'self.send_response(404)\nself.send_header("Content-Type", "application/json")\n'


def _json(content: str, *headers: str) -> str:
    lines = "".join(
        f"self.send_header({header.partition(': ')[0]!r}, {header.partition(': ')[2]!r})\n"
        for header in headers
    )
    return f'data = {content}\n{_HEAD}{lines}self.send_header("Content-Length", str(len(data)))\nself.end_headers()\nself.wfile.write(data)\n'


_ANSWERS = {
    "endless-body": ("never finish an answer", _HEAD + "self.end_headers()\nwhile True:\n    self.wfile.write(b' ' * 65536)\n"),
    "endless-headers": ("never finish the headers", "while True:\n    self.wfile.write(b'HTTP/1.1 404 No\\r\\n' + b'X-A: b\\r\\n' * 9999)\n"),
    "endless-continue": ("say 100 Continue for ever", "while True:\n    self.wfile.write(b'HTTP/1.1 100 Continue\\r\\n\\r\\n' * 999)\n"),
    "slow-answer": ("send a byte a second", "import time\nfor byte in b'HTTP/1.1 404 No\\r\\n' * 999:\n    self.wfile.write(bytes([byte]))\n    time.sleep(1)\n"),
    "no-answer": ("take requests and never answer", "import time\ntime.sleep(9999)\n"),
    "huge-answer": ("answer with 1 GB", _json("b'[' + b'1,' * (5 * 10**7) + b'1]'")),
    "packed-bomb": (
        "answer with 10 MB that the client unpacks to 10 GB",
        "import zlib\npacker = zlib.compressobj(9, 8, 31)\ndata = b''.join(packer.compress(bytes(10**8)) for _ in range(20)) + packer.flush()\n" + _HEAD + "self.send_header('Content-Encoding', 'gzip')\nself.end_headers()\nself.wfile.write(data)\n",
    ),
    "packed-twice": ("name encodings without end", _json("b'{}'", "Content-Encoding: gzip, gzip, deflate, br, zstd, gzip")),
    "deep-json": ("answer with JSON that no parser survives", _json("b'[' * 10**6 + b']' * 10**6")),
    "odd-json": ("answer with numbers that take for ever", _json("b'{\"total\": ' + b'9' * 10**6 + b', \"items\": [NaN, Infinity, 1e999999]}'")),
    "odd-charset": ("name a charset that is a program", _json("b'{}'", "Content-Type: application/json; charset=zlib_codec")),
    "lying-length": ("announce more than is sent", _HEAD + "self.send_header('Content-Length', '999999999999')\nself.end_headers()\nself.wfile.write(b'{')\n"),
    "negative-length": ("announce less than nothing", _HEAD + "self.send_header('Content-Length', '-1')\nself.end_headers()\nself.wfile.write(b'{}')\n"),
    "no-http": ("answer in no protocol", "import os\nself.wfile.write(os.urandom(9999))\n"),
    "smuggled-answer": ("answer the next request, too", "self.wfile.write(b'HTTP/1.1 404 No\\r\\nContent-Length: 2\\r\\n\\r\\n{}' * 99)\n"),
    "frames": ("speak the language of the host", "import os\nfor fd in range(64):\n    try:\n        os.write(fd, b'\\0\\0\\0\\x0c\\5\\0\\0\\0\\1HTTP/1.1' * 99)\n    except OSError:\n        pass\n"),
    "redirect-elsewhere": (
        "send the client to where only it can go",
        "places = ['http://169.254.169.254/', 'file:///etc/passwd', '/again', 'http://127.0.0.1:1/']\nself.send_response(307)\nself.send_header('Location', places[hash(self.path) % 4])\nself.send_header('Content-Length', '0')\nself.end_headers()\n",
    ),
    "header-payloads": ("have cookies and headers that are programs", _json("b'{}'", "Set-Cookie: a=<script>; Domain=.local; Path=/", "X-A: \x1b[2J")),
    "ends-at-request": ("be gone when asked", "import os\nos._exit(0)\n"),
    "stops-at-request": ("be stopped when asked", "import os\nos.kill(os.getpid(), 19)\n"),
    "memory-at-request": ("fill the memory when asked", "kept = [bytearray(10**7) for _ in range(999)]\n"),
}  # fmt: skip

_STARTS = {
    "never-ready": ("never listen", "import time\ntime.sleep(9999)"),
    "ends-at-once": ("be gone before it is ready", "raise SystemExit(0)"),
    "dies-when-ready": (
        "be gone as soon as it is ready",
        "import threading\nthreading.Timer(0.3, os._exit, [0]).start()",
    ),
    "prints-for-ever": (
        "fill the pipe that nobody reads",
        "import threading\nthreading.Thread(target=lambda: [print('x' * 10**6) for _ in iter(int, 1)], daemon=True).start()",
    ),
    "outlives-restart": (
        "leave a twin that answers after a restart, with the state of before",
        "if os.fork() == 0:\n    os.setsid()",
    ),
    "takes-every-port": (
        "listen on every port there is",
        "import socket\nkept = []\nfor port in range(1, 65536):\n    try:\n        kept.append(socket.create_server(('127.0.0.1', port)))\n    except OSError:\n        pass",
    ),
}

IDEAS = (
    *(
        Idea(f"server-{name}", tries, serving(body), base="wrong server")
        for name, (tries, body) in _ANSWERS.items()
    ),
    *(
        Idea(f"server-{name}", tries, serving(top=top), base="wrong server")
        for name, (tries, top) in _STARTS.items()
    ),
)
