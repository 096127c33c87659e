#!/usr/bin/env bash
# Sets a machine up, step by step: `setup.sh python engine images browser`. Every step may be repeated and is
# quick when there is nothing to do. A step that cannot be done says what to do by hand, and ends with status 1.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly LOCK=requirements.lock STAMP=.venv/.made-from ENGINE_LOG=/var/log/takehome-grader-dockerd.log
readonly ENGINE_SECONDS=60

say() { printf '==> %s\n' "$*"; }
stop() { printf 'error: %s\n' "$*" >&2; exit 1; }
is_root() { [ "$(id -u)" = 0 ]; }
can_install() { is_root && command -v apt-get >/dev/null; }

apt_install() {
    local log; log=$(mktemp)
    say "installing $* with apt-get"
    if ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"; } \
            >"$log" 2>&1 </dev/null; then
        tail -n 20 "$log" >&2
        stop "apt-get could not install $*"
    fi
    rm -f "$log"
}

# uv does not read pip's settings: whoever set up a mirror for pip means it for us too.
use_pip_settings() {
    local setting files=(/etc/pip.conf "$HOME/.config/pip/pip.conf" "$HOME/.pip/pip.conf")
    setting() { cat "${files[@]}" 2>/dev/null | sed -n "s/^ *$1 *= *//p" | tail -n 1; }
    local index=${PIP_INDEX_URL:-$(setting index-url)} certificates=${PIP_CERT:-$(setting cert)}
    if [ -n "$index" ] && [ -z "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}" ]; then export UV_DEFAULT_INDEX=$index; fi
    if [ -n "$certificates" ] && [ -z "${SSL_CERT_FILE:-}" ]; then export SSL_CERT_FILE=$certificates; fi
    export UV_HTTP_TIMEOUT=${UV_HTTP_TIMEOUT:-180} UV_PYTHON_DOWNLOADS=never UV_NO_PROGRESS=1
}

find_python() {
    local name
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            "$name" -c 'import sys; print(sys.executable)'
            return
        fi
    done
    stop "Python 3.11 or newer is needed and not on PATH (Debian 12 and later: apt-get install python3)"
}

# Prints the path of uv. Not on PATH: the locked one goes into .tools, by whatever this Python can do.
find_uv() {
    local python=$1 pinned uv
    if command -v uv; then return; fi
    for uv in .tools/bin/uv .tools/lib/bin/uv; do
        if [ -x "$uv" ]; then echo "$uv"; return; fi
    done
    pinned=$(mktemp)
    awk '/^uv==/ {on = 1} on {print} on && !/\\$/ {exit}' "$LOCK" >"$pinned"
    say "fetching uv" >&2
    if ! "$python" -m pip --version >/dev/null 2>&1 && ! "$python" -c 'import ensurepip' 2>/dev/null; then
        can_install || stop "this Python has neither pip nor venv: apt-get install python3-venv, or put uv on PATH"
        apt_install python3-venv >&2
    fi
    if "$python" -c 'import ensurepip' 2>/dev/null; then
        "$python" -m venv --clear .tools
        .tools/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$pinned" >&2
        echo .tools/bin/uv
    else
        "$python" -m pip install --quiet --disable-pip-version-check --require-hashes --target .tools/lib -r "$pinned" >&2
        echo .tools/lib/bin/uv
    fi
}

step_python() {
    local wanted python uv
    wanted=$({ cat "$LOCK" pyproject.toml; pwd; } | sha256sum)
    if [ -x .venv/bin/python ] && [ "$(cat "$STAMP" 2>/dev/null)" = "$wanted" ]; then return; fi
    use_pip_settings
    python=$(find_python)
    uv=$(find_uv "$python")
    say "installing the locked packages into .venv"
    if ! .venv/bin/python -c '' 2>/dev/null; then "$uv" venv --quiet --clear --python "$python" .venv; fi
    "$uv" pip sync --quiet --python "$PWD/.venv/bin/python" --require-hashes "$LOCK"
    "$uv" pip install --quiet --python "$PWD/.venv/bin/python" --no-deps --no-build-isolation --editable .
    # each process of the service would compile it all where PYTHONDONTWRITEBYTECODE is set, and need seconds more
    PYTHONDONTWRITEBYTECODE='' .venv/bin/python -c 'import api.cli.serving, api.http.app, api.shift, uvicorn'
    echo "$wanted" >"$STAMP"
}

engine_answers() { .venv/bin/python -m sandbox.engine >/dev/null 2>&1; }

step_engine() {
    if engine_answers; then return; fi
    if [ -n "${DOCKER_HOST:-}" ] || ! is_root; then .venv/bin/python -m sandbox.engine; exit 1; fi
    if ! command -v dockerd >/dev/null; then
        can_install || stop "no Docker engine is installed, and this is no Debian: install one, then try again"
        apt_install docker.io iptables
    fi
    if engine_answers; then return; fi
    if [ -d /run/systemd/system ]; then
        say "starting Docker with systemd"
        systemctl start docker || stop "systemd could not start Docker: see journalctl -u docker"
        await_engine || stop "Docker was started and does not answer: see journalctl -u docker"
        return
    fi
    mountpoint -q /sys/fs/cgroup || mount_cgroups
    start_engine || start_engine --bridge=none --iptables=false || {
        tail -n 5 "$ENGINE_LOG" >&2
        stop "the Docker engine does not start: see $ENGINE_LOG"
    }
}

# Without an init system nobody has mounted them.
mount_cgroups() {
    say "mounting control groups"
    if grep -qw memory /proc/cgroups && [ "$(awk '$1 == "memory" {print $4}' /proc/cgroups)" = 1 ]; then
        command -v cgroupfs-mount >/dev/null || apt_install cgroupfs-mount
        cgroupfs-mount
    else
        mount -t cgroup2 none /sys/fs/cgroup
    fi
}

# Our containers have no network; the second try does without the engine's, for kernels without packet filters.
start_engine() {
    say "starting the Docker engine (log: $ENGINE_LOG)"
    setsid nohup dockerd "$@" >>"$ENGINE_LOG" 2>&1 </dev/null &
    await_engine $!
}

await_engine() {
    local process=${1:-1} second
    for second in $(seq "$ENGINE_SECONDS"); do
        if engine_answers; then return 0; fi
        if [ ! -e "/proc/$process" ]; then return 1; fi
        sleep 1
    done
    return 1
}

step_images() {
    use_pip_settings
    .venv/bin/python -m api.images
}

# Only the tests of pages need it; elsewhere than in CI they are left out without it.
step_browser() {
    if command -v chromium >/dev/null || ! grep -rqs 'mark\.browser' tests; then return; fi
    if can_install; then apt_install chromium; return; fi
    [ "${CI:-}" != true ] || stop "chromium is needed for the tests of pages: apt-get install chromium"
    say "chromium is not installed: the tests of pages are left out"
}

for step in "$@"; do "step_$step"; done
