"""The standard library as the bridge itself uses it: as it is before a test replaces parts of it.

A suite that says `patch("builtins.open")` or `patch("time.monotonic")` means the code under test. The bridge lives
in the same process, and goes on using what was there.
"""

from __future__ import annotations

import builtins
import types
from typing import TYPE_CHECKING, Any

__all__ = ["json", "logging", "make_folders", "open_file", "os", "threading", "time"]

if TYPE_CHECKING:
    import json
    import logging
    import os
    import threading
    import time
else:
    import json as _json
    import logging as _logging
    import os as _os
    import threading as _threading
    import time as _time

    def _copied(module: types.ModuleType, **more: Any) -> types.SimpleNamespace:
        return types.SimpleNamespace(**{**vars(module), **more})

    json = _copied(_json)
    logging = _copied(_logging)
    os = _copied(_os, path=_copied(_os.path))
    threading = _copied(_threading)
    time = _copied(_time)

open_file = builtins.open


def make_folders(path: str) -> None:
    """`os.makedirs`, which itself uses what a test may have replaced.

    Raises:
        OSError: something that is no folder is in the way.
    """
    try:
        os.mkdir(path)
    except FileExistsError:
        if not os.path.isdir(path):
            raise
    except FileNotFoundError:
        make_folders(path.rpartition("/")[0])
        make_folders(path)
