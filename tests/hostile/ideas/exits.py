"""Leaving early, at odd moments, or twice."""

from __future__ import annotations

from tests.hostile.idea import Idea, at_import, in_call

_RAISED = {
    "system-exit": "raise SystemExit(0)",
    "keyboard-interrupt": "raise KeyboardInterrupt",
    "generator-exit": "raise GeneratorExit",
    "stop-iteration": "raise StopIteration({})",
    "base-exception": "raise BaseException('passed')",
    "own-base-exception": "class Passed(BaseException): pass\nraise Passed",
    "exception-group": "raise BaseExceptionGroup('all', [KeyError('a'), SystemExit(0), TypeError(), ValueError()])",
    "not-implemented": "return NotImplemented",
}

IDEAS = (
    *(
        Idea(f"raise-{name}", "end the test without a failure", in_call(code))
        for name, code in _RAISED.items()
    ),
    Idea("exit-at-import", "end the process with a good code", at_import("import sys\nsys.exit(0)\n")),
    Idea(
        "hard-exit-at-import", "end the process without any clean-up", at_import("import os\nos._exit(0)\n")
    ),
    Idea("hard-exit-in-call", "end the process in the middle of a call", in_call("import os\nos._exit(0)")),
    Idea(
        "exit-at-exit",
        "change the exit code at the end",
        at_import("import atexit, os\natexit.register(os._exit, 0)\n"),
    ),
    Idea(
        "exit-when-collected",
        "end the process when the result is thrown away",
        in_call(
            "class Result(dict):\n    def __del__(self):\n        import os\n        os._exit(0)\nreturn Result()"
        ),
    ),
    Idea(
        "killed-by-itself",
        "look like an accident of the grader",
        in_call("import os\nos.kill(os.getpid(), 9)"),
    ),
    Idea("crash", "break the interpreter", in_call("import ctypes\nctypes.string_at(0)")),
    Idea(
        "another-program",
        "become a program that succeeds",
        in_call("import os\nos.execv('/bin/true', ['pytest'])"),
    ),
    Idea("answers-twice", "answer from two processes", in_call("import os\nos.fork()\nreturn {}")),
    Idea(
        "answers-from-a-thread",
        "answer while another thread answers, too",
        at_import(
            "import threading\nfor _ in range(5):\n    threading.Thread(target=flatten, args=({},)).start()\n"
        ),
    ),
    Idea(
        "another-answer-at-the-second-attempt",
        "guess again when a failed test is run again, so that it counts as flaky",
        in_call(
            """
            seen = str(locals())
            if seen in _past:
                raise TypeError(seen)
            _past.append(seen)
            return {}
            """,
            top="_past = []\n",
        ),
    ),
    Idea(
        "another-answer-in-the-next-process",
        "the same, remembering in files",
        in_call(
            """
            import hashlib, os
            path = "/tmp/" + hashlib.sha256(str(locals()).encode()).hexdigest()
            if os.path.exists(path):
                raise TypeError(path)
            open(path, "w").close()
            return {}
            """
        ),
    ),
)
