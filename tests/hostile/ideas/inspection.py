"""Looking for what is expected: in frames, in memory, in files, in other processes, over the network."""

from __future__ import annotations

from tests.hostile.idea import ALREADY_SEEN, Idea, at_import, in_call, source

_SEEN = f"SEEN = {ALREADY_SEEN!r}\n"

IDEAS = (
    Idea(
        "frames-of-the-caller",
        "find the expected value in the frames above",
        in_call(
            """
            import sys
            frame = sys._getframe(1)
            while frame:
                for value in [*frame.f_locals.values()]:
                    if isinstance(value, dict) and value is not data_of(locals()) and "__name__" not in value:
                        found.append(value)
                frame = frame.f_back
            return found[0] if found else {}
            """,
            top="found = []\ndef data_of(names):\n    return names.get('data', names.get('flat'))\n",
        ),
    ),
    Idea(
        "all-objects",
        "find the expected value among all objects of the process",
        in_call(
            """
            import gc
            for thing in gc.get_objects():
                if type(thing) is dict and thing and all(type(key) is str and "." in key for key in thing):
                    return dict(thing)
            return {}
            """
        ),
    ),
    Idea(
        "stack-sources",
        "read the source of the calling test",
        in_call(
            """
            import inspect, re
            for info in inspect.stack():
                for line in info.code_context or ():
                    if "==" in line:
                        return eval(line.split("==")[1])
            return {}
            """
        ),
    ),
    Idea(
        "traced-callers",
        "see the caller's variables by tracing",
        at_import(
            """
            import sys, threading

            def spy(frame, event, arg):
                for name, value in frame.f_locals.items():
                    if name in ("expected", "nested", "result"):
                        globals()["unflatten"] = globals()["flatten"] = lambda *args, **kwargs: value
                return spy

            sys.settrace(spy)
            threading.settrace(spy)
            sys.setprofile(spy)
            if hasattr(sys, "monitoring"):
                sys.monitoring.use_tool_id(1, "spy")
                sys.monitoring.register_callback(1, sys.monitoring.events.PY_START, lambda code, offset: None)
                sys.monitoring.set_events(1, sys.monitoring.events.PY_START)
            """
        ),
    ),
    Idea(
        "memory-of-other-processes",
        "read the hidden tests from the memory of every process",
        in_call(
            """
            import os, re
            for pid in filter(str.isdigit, os.listdir("/proc")):
                try:
                    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
                        for line in maps:
                            start, end = (int(part, 16) for part in line.split()[0].split("-"))
                            memory.seek(start)
                            for match in re.findall(rb"test_[k]eys_are_joined_with[^\\0]*", memory.read(min(end - start, 1 << 22))):
                                raise AssertionError(SEEN + match.decode())
                except (OSError, ValueError, OverflowError):
                    pass
            return {}
            """,
            top=_SEEN,
        ),
        finds_nothing=True,
    ),
    Idea(
        "environment-of-other-processes",
        "read environments, command lines and open files",
        in_call(
            """
            import glob, os
            text = ""
            for path in glob.glob("/proc/*/environ") + glob.glob("/proc/*/cmdline") + glob.glob("/proc/*/fd/*"):
                try:
                    text += os.readlink(path) if "/fd/" in path else open(path).read()
                except OSError:
                    pass
            raise AssertionError(text)
            """
        ),
    ),
    Idea(
        "files-of-the-suite",
        "search the file system for the hidden tests, the rubric and the reference",
        in_call(
            """
            import os
            for folder, _, names in os.walk("/"):
                if folder.startswith(("/proc", "/sys")):
                    continue
                for name in names:
                    if name in ("rubric.yaml", "takehome.yaml", "test_flatten_hidden.py"):
                        raise AssertionError(SEEN + open(os.path.join(folder, name), errors="replace").read())
            return {}
            """,
            top=_SEEN,
        ),
        finds_nothing=True,
    ),
    Idea(
        "arguments-shown-by-own-tests",
        "write down what the hidden tests pass in, and let an own test fail with it",
        {
            **in_call("open('/tmp/seen', 'a').write(SEEN + repr(locals()))\nreturn {}", top=_SEEN),
            "test_spy.py": source(
                """
                import time

                def test_spy():
                    time.sleep(5)
                    try:
                        text = open("/tmp/seen").read()
                    except OSError:
                        return
                    assert text == "", text
                """
            ),
        },
    ),
    Idea(
        "arguments-in-names",
        "carry what the hidden tests pass in out in names, exceptions, output and files",
        in_call(
            """
            import os, sys
            text = SEEN + repr(locals())
            print(text)
            print(text, file=sys.stderr)
            for place in (".", "/tmp", "/dev/shm", os.path.dirname(__file__)):
                try:
                    open(os.path.join(place, text.replace("/", "")[:99]), "w").write(text)
                except OSError:
                    pass
            raise type(text, (Exception,), {})(text)
            """,
            top=_SEEN,
        ),
    ),
    Idea(
        "debugger",
        "attach to the parent and to process 1",
        in_call(
            """
            import ctypes, os
            libc = ctypes.CDLL(None, use_errno=True)
            for pid in {1, os.getppid()} - {os.getpid()}:
                if libc.ptrace(16, pid, 0, 0) == 0:
                    raise AssertionError(SEEN + "attached")
            buffer = ctypes.create_string_buffer(64)
            vector = (ctypes.c_size_t * 2)(ctypes.addressof(buffer), 64)
            remote = (ctypes.c_size_t * 2)(0x400000, 64)
            if libc.process_vm_readv(1, vector, 1, remote, 1, 0) > 0:
                raise AssertionError(SEEN + repr(buffer.raw))
            return {}
            """,
            top=_SEEN,
        ),
        finds_nothing=True,
    ),
    Idea(
        "network",
        "fetch the answer, or tell it to the next candidate",
        in_call(
            """
            import socket
            for address in [("1.1.1.1", 53), ("169.254.169.254", 80), ("172.17.0.1", 22), ("172.17.0.2", 80), ("127.0.0.1", 2375)]:
                with socket.socket() as line:
                    line.settimeout(0.2)
                    if line.connect_ex(address) == 0:
                        raise AssertionError(SEEN + str(address))
            try:
                raise AssertionError(SEEN + str(socket.getaddrinfo("pypi.org", 443)))
            except OSError:
                return {}
            """,
            top=_SEEN,
        ),
        finds_nothing=True,
    ),
    Idea(
        "docker-socket",
        "ask the engine for a container without walls",
        in_call(
            """
            import os, socket
            for path in ("/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock"):
                if os.path.exists(path):
                    raise AssertionError(SEEN + path)
            return {}
            """,
            top=_SEEN,
        ),
        finds_nothing=True,
    ),
    Idea(
        "more-rights",
        "become root, mount, make namespaces, leave the root folder",
        in_call(
            """
            import ctypes, os
            libc = ctypes.CDLL(None, use_errno=True)
            gained = []
            for name, call in {
                "setuid": lambda: os.setuid(0),
                "setgid": lambda: os.setgid(0),
                "chroot": lambda: os.chroot("/tmp"),
                "mknod": lambda: os.mknod("/tmp/sda", 0o60666, os.makedev(8, 0)),
                "root file": lambda: open("/etc/evil", "w"),
                "kernel": lambda: open("/proc/sys/kernel/core_pattern", "w"),
                "priority": lambda: os.nice(-5),
            }.items():
                try:
                    call()
                    gained.append(name)
                except OSError:
                    pass
            if libc.mount(b"none", b"/tmp", b"tmpfs", 0, None) == 0:
                gained.append("mount")
            if gained:
                raise AssertionError(SEEN + " ".join(gained))
            return {}
            """,
            top=_SEEN,
        ),
        finds_nothing=True,
    ),
    Idea(
        "past-gradings",
        "leave something for the next grading, and look for what the last one left",
        in_call(
            """
            import glob, os
            for place in ("/tmp", "/dev/shm", "/var/tmp", os.getcwd(), os.path.expanduser("~")):
                if glob.glob(place + "/left-by-*"):
                    print(SEEN + "left by another process")
                try:
                    open(f"{place}/left-by-{os.getpid()}", "w").write(repr(locals()))
                except OSError:
                    pass
            return {}
            """,
            top=_SEEN,
        ),
    ),
)
