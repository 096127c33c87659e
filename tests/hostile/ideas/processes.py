"""Processes, threads and signals: to outlive the grading, to disturb it, to be too many."""

from __future__ import annotations

from tests.hostile.idea import Idea, at_import, in_call

IDEAS = (
    Idea(
        "thread-that-stays",
        "keep the process from ending",
        at_import("import threading, time\nthreading.Thread(target=time.sleep, args=(9999,)).start()\n"),
    ),
    Idea(
        "busy-threads",
        "take the processor from those who answer",
        at_import(
            "import threading\ndef spin():\n    while True:\n        pass\nfor _ in range(20):\n    threading.Thread(target=spin, daemon=True).start()\n"
        ),
    ),
    Idea(
        "daemon",
        "outlive the grading in a session of its own, holding all pipes",
        at_import(
            "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        time.sleep(9999)\n    os._exit(0)\n"
        ),
    ),
    Idea(
        "daemon-that-writes",
        "go on writing to every descriptor after the call is over",
        at_import(
            """
            import os, time
            if os.fork() == 0:
                os.setsid()
                while True:
                    for fd in range(64):
                        try:
                            os.write(fd, b"\\0\\0\\0\\2\\3{}" * 100)
                        except OSError:
                            pass
                    time.sleep(0.01)
            """
        ),
    ),
    Idea(
        "sleeping-program",
        "leave a program behind that holds the output open",
        in_call("import subprocess\nsubprocess.Popen(['sleep', '9999'])\nreturn {}"),
    ),
    Idea(
        "process-bomb",
        "leave no process for anyone",
        in_call("import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass"),
    ),
    Idea(
        "thread-bomb",
        "leave no thread for anyone",
        in_call(
            "import threading, time\nwhile True:\n    threading.Thread(target=time.sleep, args=(9999,)).start()"
        ),
    ),
    Idea("signal-to-all", "kill everything that can be reached", in_call("import os\nos.kill(-1, 9)")),
    Idea(
        "signal-to-process-1",
        "kill the keeper",
        in_call("import os\nfor number in range(1, 32):\n    os.kill(1, number)\nreturn {}"),
    ),
    Idea("signal-to-parent", "kill the parent", in_call("import os\nos.kill(os.getppid(), 9)\nreturn {}")),
    Idea(
        "stopped-parent",
        "stop the parent, so that nobody answers",
        in_call("import os\nos.kill(os.getppid(), 19)\nos.kill(os.getpid(), 19)"),
    ),
    Idea(
        "deaf-to-signals",
        "not be ended by a polite signal",
        in_call(
            "import signal\nfor number in set(range(1, 32)) - {9, 19}:\n    signal.signal(number, signal.SIG_IGN)\nwhile True:\n    pass"
        ),
    ),
    Idea(
        "timer",
        "be interrupted at any moment",
        at_import("import signal\nsignal.signal(14, lambda *args: 1 / 0)\nsignal.setitimer(0, 0.01, 0.01)\n"),
    ),
    Idea(
        "own-limits",
        "take away what our programs need",
        at_import(
            """
            import resource
            for name in ("RLIMIT_AS", "RLIMIT_NOFILE", "RLIMIT_FSIZE", "RLIMIT_CPU", "RLIMIT_STACK"):
                try:
                    resource.setrlimit(getattr(resource, name), (1, 1))
                except (OSError, ValueError):
                    pass
            """
        ),
    ),
    Idea(
        "low-priority",
        "be slow on purpose",
        at_import("import os\nos.nice(19)\nos.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"),
    ),
)
