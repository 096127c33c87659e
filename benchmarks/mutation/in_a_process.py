"""`python -m benchmarks.mutation.in_a_process [FOLDER ANSWER]`: the probe alone, in a process like the keeper's.

It imports what the box holds and nothing else, so that its cost is what the box would pay.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from sandbox.inside import kin, probing, sessions

REPOSITORY = Path(__file__).parents[2]


def main() -> None:
    """Read the request from standard input, write the answer to the file. Without arguments: get ready, and end."""
    session = sessions.Prepared()
    if len(sys.argv) == 1:
        return
    root, request = sys.argv[1], json.loads(sys.stdin.read())
    sys.path[:] = [path for path in sys.path if path not in {"", str(REPOSITORY)}]
    probing_here = probing.Probe(root, session)
    worker: Any = kin.Kin(lambda sock: probing_here.run(sock, request))
    answer = worker.answer(request["seconds"], request["seconds"])
    Path(sys.argv[2]).write_text(json.dumps(answer))


if __name__ == "__main__":
    main()
