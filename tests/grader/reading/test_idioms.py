"""What good code does: none of our own rules may remark on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Read = Callable[..., dict[str, Any]]

IDIOMS = {
    "short names": (
        "def norm(x, y, z=0):\n    return sum(v * v for v in (x, y, z)) ** 0.5\n\n\n"
        "for i, _ in enumerate('ab'):\n    k = i\n"
    ),
    "coordinates": (
        "def distance(x1, y1, x2, y2):\n    dx, dy = x2 - x1, y2 - y1\n"
        "    return (dx * dx + dy * dy) ** 0.5\n"
    ),
    "data frame": "def clean(df):\n    return df.dropna()\n",
    "terms with numbers": (
        "def digests(text):\n    utf8 = text.encode()\n"
        "    sha256, md5 = hash256(utf8), hash5(utf8)\n    return sha256, md5\n"
    ),
    "type variables": (
        "from typing import TypeVar\n\nT = TypeVar('T')\nKT = TypeVar('KT')\nOrderLine = dict\n"
    ),
    "overridden methods": "class Visitor(Base):\n    def visitName(self, nodeName):\n        return self\n",
    "optional import": "try:\n    import tomllib\nexcept ImportError:\n    tomllib = None\n",
    "cleanup and raise": (
        "def run(job):\n    try:\n        return job()\n    except:\n        job.cancel()\n        raise\n"
    ),
    "logged boundary": (
        "def work(job):\n    try:\n        job()\n    except Exception:\n"
        "        log.exception('job failed')\n"
    ),
    "handed on": (
        "def work(job):\n    try:\n        job()\n    except Exception as error:\n        job.failed(error)\n"
    ),
    "fallback": (
        "def number(text):\n    try:\n        return int(text)\n    except ValueError:\n"
        "        pass\n    return float(text)\n"
    ),
    "ask again": (
        "def ask():\n    while True:\n        try:\n            return int(input('? '))\n"
        "        except ValueError:\n            print('a number, please')\n"
    ),
    "opened for somebody": (
        "def read(stack, path):\n    file = stack.enter_context(open(path))\n    return file\n"
    ),
    "opened and kept": "class Log:\n    def __init__(self, path):\n        self.file = open(path)\n",
    "closed in finally": (
        "def read(path):\n    file = open(path)\n    try:\n        return parse(file)\n"
        "    finally:\n        file.close()\n"
    ),
    "type narrowing": "def name(user):\n    assert user is not None\n    return user.name\n",
    "main exits": "import sys\n\n\ndef main():\n    sys.exit(0)\n",
    "generator that never yields": "def nothing():\n    return\n    yield\n",
    "index needed": "def swap(items):\n    for i in range(len(items)):\n        items[i] = items[-i]\n",
    "prose comments": (
        "# The value is kept, see below.\n# for example: x = 1\n# Note that f(x) is not called here.\nX = 1\n"
    ),
    "token of a lexer": "TOKEN = 'block_begin'\ntoken_secret = os.environ['X']\nAPI_KEY = 'your-key-here'\n",
    "question answered": "def is_open(shop):\n    return shop.door == 'open' and not shop.closed\n",
    "abstract getter": "class Source:\n    def get_rows(self):\n        raise NotImplementedError\n",
    "raise without text": "def find(key):\n    raise KeyError(key)\n",
    "from None": (
        "def port(x):\n    try:\n        return x['port']\n    except KeyError:\n"
        "        raise ValueError('no port') from None\n"
    ),
}


@pytest.mark.parametrize("case", list(IDIOMS))
def test_idioms_are_not_remarked_on(case: str, read_files: Read) -> None:
    """A false alarm costs more trust than ten findings earn."""
    facts = read_files({"example.py": IDIOMS[case], "README.md": "Run it."})
    assert [one["rule"] for one in facts["findings"] if one["tool"] != "ruff"] == []
