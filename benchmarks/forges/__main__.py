"""python -m benchmarks.forges payloads FOLDER | openapi FILE"""

from __future__ import annotations

import sys
from pathlib import Path

from api.logs import set_up_logs
from benchmarks.forges import openapi, payloads


def main() -> int:
    """Run one comparison; 1 where something is not as it should be."""
    match sys.argv[1:]:
        case ["payloads", folder]:
            set_up_logs("console", "error")
            return min(payloads.run(Path(folder)), 1)
        case ["openapi", file]:
            return min(openapi.run(Path(file)), 1)
        case _:
            print(__doc__)
            return 2


if __name__ == "__main__":
    sys.exit(main())
