"""Images: only what changed is built, what is built is what was asked for, and nothing more is in it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from docker.errors import NotFound

from api.images import CACHE, PROGRAMS, images
from sandbox.engine import Engine, connect
from sandbox.errors import BuildFailed, ImageMissing, UnknownEnvironment
from sandbox.images import install, system
from sandbox.images.builder import Images
from sandbox.images.environments import ENVIRONMENTS, environment
from sandbox.images.layer import Layer, add_layer, find
from sandbox.images.system import ensure_system, mirror_lines
from sandbox.images.wheels import commands, fetch

MORE = {
    "base": ("pytest", "radon.complexity", "hypothesis", "sqlite3", "ssl", "zoneinfo"),
    "web": ("aiohttp", "django", "rest_framework", "websockets", "sqlalchemy.orm"),
    "data": ("polars", "openpyxl", "numpy.linalg"),
}
PIN = re.compile(r"^([a-z0-9_.-]+(?:\[[a-z,]+\])?)==(\S+)", re.MULTILINE)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with connect() as found:
        yield found


@pytest.fixture
def trial(engine: Engine, tmp_path: Path) -> Iterator[Images]:
    """Images with one small program of our own on top; the images are removed afterwards."""
    program = tmp_path / "program"
    program.mkdir()
    (program / "__init__.py").write_text("ANSWER = 42\n")
    made = Images(engine, {"_trial": program}, CACHE)
    before = {tag for image in engine.client.images.list("takehome-grader/base") for tag in image.tags}
    yield made
    after = {tag for image in engine.client.images.list("takehome-grader/base") for tag in image.tags}
    for tag in after - before:
        engine.client.images.remove(tag, force=True)


def printed(engine: Engine, image: str, *command: str) -> str:
    """What `command` prints in a container of `image`, as an ordinary user."""
    output: bytes = engine.client.containers.run(
        image, list(command), user="12345", network_mode="none", remove=True
    )
    return output.decode().strip()


def test_unknown_environment_names_the_known_ones() -> None:
    """A typing mistake in takehome.yaml should be mended at once."""
    with pytest.raises(UnknownEnvironment, match="'wep'; there are base, web, data"):
        environment("wep")


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_lock_pins_everything_that_is_wanted_by_hash_and_names_no_registry(name: str) -> None:
    """An image built in a year must hold the same."""
    lock = environment(name).lock.read_text()
    pinned = {package.partition("[")[0] for package, _ in PIN.findall(lock)}
    wanted = {
        line for line in environment(name).wanted.read_text().split() if re.fullmatch(r"[a-z0-9-]+", line)
    }
    assert wanted - {"-r"} <= pinned
    assert all("--hash=sha256:" in block for block in re.split(r"\n(?=[a-z])", lock))
    assert "://" not in lock


@pytest.mark.parametrize("name", [name for name in ENVIRONMENTS if name != "base"])
def test_every_environment_has_the_tools_of_base(name: str) -> None:
    """A seat of one environment judges like a seat of another."""
    base, other = (dict(PIN.findall(environment(one).lock.read_text())) for one in ("base", name))
    assert base.items() <= other.items()


def test_debian_mirrors_follow_what_this_machine_uses() -> None:
    """A company's mirror is used for our suite too; other archives are not."""
    listed = """
        https://mirror.example/debian bookworm
        https://mirror.example/debian bookworm
        https://mirror.example/debian bookworm-updates
        https://mirror.example/security bookworm-security
        https://other.example/node nodistro
    """
    assert mirror_lines(listed) == [
        "deb https://mirror.example/debian trixie main",
        "deb https://mirror.example/security trixie-security main",
    ]


def test_commands_start_the_image_python(tmp_path: Path) -> None:
    """Installers write the path of the host's Python into them, which does not exist inside."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "tool").write_bytes(b"#!/host/python\n")
    (tmp_path / "bin" / "ruff").write_bytes(b"\x7fELF")
    (tmp_path / "tool-1.dist-info").mkdir()
    (tmp_path / "tool-1.dist-info" / "entry_points.txt").write_text(
        "[console_scripts]\ntool = tool.cli:App.main\n"
    )
    found = commands(tmp_path)
    assert found["ruff"] == b"\x7fELF"
    assert found["tool"].splitlines() == [
        b"#!/usr/local/bin/python",
        b"import sys",
        b"from tool.cli import App",
        b"sys.exit(App.main())",
    ]


def test_wheel_that_is_not_the_locked_one_is_refused(tmp_path: Path) -> None:
    """A registry that was broken into must not reach the sandbox."""
    lock = tmp_path / "forged.lock"
    lock.write_text(f"iniconfig==2.3.1 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(BuildFailed, match=r"forged\.lock"):
        fetch(lock, tmp_path / "packages", "x86_64")


@pytest.mark.docker
@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_image_holds_what_was_promised(engine: Engine, name: str) -> None:
    """Our programs and what the environment is for can be imported by an isolated Python; the versions are true."""
    image = images(engine).ensure(environment(name), print)
    imports = "; ".join(
        f"import {module}" for module in (*environment(name).preload, "pytest", "_inside.wire")
    )
    tell = "import json, platform, ruff, coverage; print(json.dumps([platform.python_version(), coverage.__version__]))"
    python, coverage = json.loads(
        printed(engine, image.reference, "python", "-I", "-c", f"{imports}; {tell}")
    )
    assert image.versions["python"] == python
    assert image.versions["coverage"] == coverage
    assert printed(engine, image.reference, "ruff", "--version") == f"ruff {image.versions['ruff']}"
    assert image.id.startswith("sha256:")


@pytest.mark.docker
def test_image_holds_no_tools_of_an_intruder(engine: Engine) -> None:
    """No package manager, no compiler, no perl, no setuid program; and `python` is a command."""
    image = images(engine).ensure(environment("base"), print).reference
    program = """
import os, shutil, stat
unwanted = ["pip", "apt", "apt-get", "dpkg", "perl", "gcc", "cc", "make", "curl", "wget", "su", "mount"]
setuid = [os.path.join(top, name) for folder in ("/usr", "/etc", "/opt") for top, _, names in os.walk(folder)
          for name in names if os.lstat(os.path.join(top, name)).st_mode & (stat.S_ISUID | stat.S_ISGID)]
print([name for name in unwanted if shutil.which(name)], setuid, shutil.which("python"))
"""
    assert printed(engine, image, "python", "-I", "-c", program) == "[] [] /usr/local/bin/python"


@pytest.mark.docker
def test_everything_is_compiled_ahead(engine: Engine) -> None:
    """The root is read-only: what is not compiled now is compiled at every start. 3 = never checked against source."""
    image = images(engine).ensure(environment("base"), print).reference
    program = """
import json.decoder, pytest, _inside.wire
flags = {int.from_bytes(open(m.__cached__, "rb").read()[4:8], "little") for m in (json.decoder, pytest, _inside.wire)}
print(flags)
"""
    assert printed(engine, image, "python", "-I", "-c", program) == "{1}"


@pytest.mark.docker
def test_second_time_nothing_is_built(trial: Images) -> None:
    """Every command looks for its image first; that must cost next to nothing."""
    first = trial.ensure(environment("base"), lambda _: None)
    said: list[str] = []
    began = time.monotonic()
    assert trial.ensure(environment("base"), said.append) == first
    assert trial.image_of(environment("base")) == first
    assert said == []
    assert time.monotonic() - began < 1


@pytest.mark.docker
def test_changed_program_is_missing_until_the_thin_layer_is_built_again(
    trial: Images, engine: Engine
) -> None:
    """An image with yesterday's programs is never used in silence."""
    old = trial.ensure(environment("base"), lambda _: None)
    (trial.programs["_trial"] / "__init__.py").write_text("ANSWER = 43\n")
    later = Images(engine, trial.programs, CACHE)
    with pytest.raises(ImageMissing, match=r"'base' is not built.*make images"):
        later.image_of(environment("base"))
    said: list[str] = []
    new = later.ensure(environment("base"), said.append)
    assert said == ["base: adding our programs"]
    assert new.reference != old.reference
    ask = ("python", "-I", "-c", "import _trial; print(_trial.ANSWER)")
    assert [printed(engine, image.reference, *ask) for image in (old, new)] == ["42", "43"]


@pytest.mark.docker
def test_byte_code_beside_the_programs_changes_nothing(trial: Images) -> None:
    """Whether the programs were imported on the host before is no difference."""
    before = trial.ensure(environment("base"), lambda _: None)
    cached = trial.programs["_trial"] / "__pycache__"
    cached.mkdir()
    (cached / "x.pyc").write_bytes(b"x")
    assert Images(trial.engine, trial.programs, CACHE).image_of(environment("base")) == before


@pytest.mark.docker
def test_failing_step_says_what_it_printed_and_leaves_nothing(engine: Engine) -> None:
    """Whoever changes a build reads the reason, not a status."""
    base = images(engine).ensure(environment("base"), print).reference
    layer = Layer(base, "takehome-grader/trial:broken", ("python", "-c", "import sys; sys.exit('no room')"))
    with pytest.raises(BuildFailed, match=r"status 1:\nno room"):
        add_layer(engine.client, layer, "output")
    assert find(engine.client, layer.name) is None
    assert engine.client.containers.list(all=True, filters={"ancestor": base, "status": "exited"}) == []


@pytest.mark.docker
def test_no_registry_is_noticed_soon(engine: Engine) -> None:
    """A machine without one must not wait minutes to find out."""
    began = time.monotonic()
    assert system._pull(engine.client, "localhost:1/python:3.13-slim", print) is False
    assert time.monotonic() - began < system.PROBE_SECONDS + 5


@pytest.mark.docker
def test_image_that_is_there_already_is_the_bottom(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An operator can bring an image of their own, and no registry is asked for it."""
    own = images(engine).ensure(environment("base"), print).reference
    monkeypatch.setenv("GRADER_PYTHON_IMAGE", own)
    said: list[str] = []
    ensure_system(engine.client, "takehome-grader/trial:bottom", tmp_path, said.append)
    try:
        assert said == []
        assert engine.client.images.get("takehome-grader/trial:bottom").id == engine.client.images.get(own).id
    finally:
        engine.client.api.remove_image("takehome-grader/trial:bottom")
    with pytest.raises(NotFound):
        engine.client.images.get("takehome-grader/trial:bottom")


def test_install_step_needs_nothing_but_the_standard_library() -> None:
    """It is given to the image's Python as text, before anything of ours is there."""
    imported = re.findall(r"^(?:import|from) (\w+)", Path(install.__file__).read_text(), re.MULTILINE)
    assert not {"sandbox", "grader", "api", "docker"} & set(imported)


def test_programs_are_the_two_packages_that_run_inside() -> None:
    """Anything else of ours has no business there: rubrics and hidden tests least of all."""
    assert set(PROGRAMS) == {"_inside", "_reading"}
