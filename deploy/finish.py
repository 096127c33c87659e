"""The last step of the image: commands, compiled modules, the folder of the data, its user. Needs no coreutils."""

import compileall
import py_compile
import shutil
import sys
from pathlib import Path

root, data = Path(sys.argv[1]), Path(sys.argv[2])
commands = root / "bin"
commands.mkdir()
for name in ("grader", "healthy.py"):
    shutil.copyfile(name, commands / name)
    (commands / name).chmod(0o755)
compileall.compile_dir(
    root, quiet=2, workers=1, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
)
for folder in (data, data / "cache"):
    folder.mkdir(parents=True, exist_ok=True)
for name, line in {"passwd": f"grader:x:10001:10001::{data}:/bin/false", "group": "grader:x:10001:"}.items():
    with Path("/etc", name).open("a", encoding="ascii") as file:
        file.write(f"{line}\n")
