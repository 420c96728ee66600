# Sourced by packaging/run and packaging/test: what the system must have, and the private environment in .venv.
# Bash 3.2 is enough (macOS). Nothing outside the checkout is touched, but for system packages, which are named first.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
python="$root/.venv/bin/python"
cpu=no

say() { printf '%s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }
is_linux() { [ "$(uname -s)" = Linux ]; }
has_screen() { [ "$(uname -s)" = Darwin ] || [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; }

# ------------------------------------------------------------------------------------ the system

# library:Debian package. Without the first set Qt cannot be imported; without the second it cannot show a window under
# X11, and says "xcb-cursor0 is needed" whichever of them is missing.
qt_libraries="libglib-2.0.so.0:libglib2.0-0 libGL.so.1:libgl1 libEGL.so.1:libegl1 libfontconfig.so.1:libfontconfig1
    libxkbcommon.so.0:libxkbcommon0 libdbus-1.so.3:libdbus-1-3"
screen_libraries="libxcb-cursor.so.0:libxcb-cursor0 libxcb-icccm.so.4:libxcb-icccm4 libxcb-keysyms.so.1:libxcb-keysyms1
    libxcb-shape.so.0:libxcb-shape0 libxcb-xkb.so.1:libxcb-xkb1 libxkbcommon-x11.so.0:libxkbcommon-x11-0
    libX11-xcb.so.1:libx11-xcb1"

missing_packages() {  # PYTHON PAIR…: the packages whose library the loader does not find
    "$1" - "${@:2}" <<'PYTHON'
import ctypes, sys
for pair in sys.argv[1:]:
    library, package = pair.split(":")
    try:
        ctypes.CDLL(library)
    except OSError:
        print(package)
PYTHON
}

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }
may_install() { command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }; }

install_packages() {  # PACKAGE…: installs them where it may; says so first
    may_install || return 1
    say "Installing system packages: $*"
    local options="-o Acquire::http::Timeout=30 -o Dpkg::Use-Pty=0 -qq"
    # shellcheck disable=SC2086  # the options are meant to be split
    as_root apt-get $options update >&2 || say "(the list of packages could not be renewed)"
    # shellcheck disable=SC2086
    as_root env DEBIAN_FRONTEND=noninteractive apt-get $options install -y --no-install-recommends "$@" >&2
}

line_to_type() {  # PACKAGE…
    if command -v apt-get >/dev/null; then
        say "    sudo apt-get install --no-install-recommends $*"
    else
        say "    (with your system's package manager; the names are Debian's) $*"
    fi
}

check_libraries() {  # WHAT-FOR: returns 1 when Qt still cannot be loaded
    is_linux || return 0
    local wanted=$qt_libraries missing
    if [ -n "${DISPLAY:-}" ]; then wanted="$wanted $screen_libraries"; fi
    # shellcheck disable=SC2086  # lists of words
    missing=$(missing_packages "$python" $wanted)
    [ -n "$missing" ] || return 0
    # shellcheck disable=SC2086
    install_packages $missing || true
    # shellcheck disable=SC2086
    missing=$(missing_packages "$python" $wanted)
    [ -n "$missing" ] || return 0
    say "$1 needs libraries that this system lacks. This line installs them:"
    # shellcheck disable=SC2086
    line_to_type $missing
    return 1
}

check_programs() {  # the screen tests use a virtual screen; without one they skip, so nothing stops here
    is_linux || return 0
    local missing=""
    command -v Xvfb >/dev/null || missing="xvfb"
    command -v xdotool >/dev/null || missing="$missing xdotool"
    [ -n "$missing" ] || return 0
    # shellcheck disable=SC2086
    install_packages $missing && return 0
    say "The tests on a virtual screen will be skipped. To have them too, type:"
    # shellcheck disable=SC2086
    line_to_type $missing
}

# ------------------------------------------------------------------------------- the environment

find_python() {  # prints the first Python that is new enough and can make environments
    local candidate bare=""
    for candidate in ${PYTHON:-} python3.11 python3.12 python3.13 python3.14 python3 python; do
        "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 || continue
        if "$candidate" -c 'import ensurepip, venv' >/dev/null 2>&1; then
            command -v "$candidate"
            return 0
        fi
        bare=${bare:-$candidate}
    done
    [ -n "$bare" ] || fail "This program needs Python 3.11 or newer, and none was found. See https://www.python.org/downloads/"
    local package  # Debian and Ubuntu keep venv in a package of its own
    package=$("$bare" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    if ! install_packages "$package" || ! "$bare" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        say "$bare cannot make an environment of its own. Type this line, then try again:"
        line_to_type "$package"
        return 1
    fi
    command -v "$bare"
}

wish() {  # EXTRA: a line that changes whenever the environment must
    echo "$1 $root $(cat "$root/pyproject.toml" "$root/packaging/constraints.txt" "$root/packaging/setup.sh" | cksum)"
}

is_ready() {  # EXTRA: is what was installed still what is wanted?
    [ -x "$python" ] && [ "$(cat "$root/.venv/made-for-$1" 2>/dev/null)" = "$(wish "$1")" ]
}

wants_other_torch() {  # --cpu after an installation without it: pip would keep the torch it finds
    [ "$cpu" = yes ] && [ -x "$python" ] && [ ! -e "$root/.venv/torch-for-cpu" ]
}

prepare() {  # EXTRA (run or test): leaves a working $python
    if is_ready "$1" && ! wants_other_torch; then return 0; fi
    local base target="$root"
    base=$(find_python) || exit 1
    if ! "$python" -c 'import pip' >/dev/null 2>&1 || wants_other_torch; then
        say "Making a private environment in $root/.venv with $("$base" --version)"
        "$base" -m venv --clear "$root/.venv" || fail "The environment could not be made."
    fi
    if [ "$1" = test ]; then target="$root[test]"; fi
    say "Installing what the program needs; the first time this takes minutes and some 2 GB of disc."
    install_target "$target" || fail "The installation failed; what pip said stands above. It can be tried again at any time."
    if [ "$cpu" = yes ]; then touch "$root/.venv/torch-for-cpu"; fi
    wish run >"$root/.venv/made-for-run"
    wish "$1" >"$root/.venv/made-for-$1"
    if [ "$1" = test ]; then check_programs; fi
}

install_target() {  # TARGET
    local options=(--disable-pip-version-check --constraint "$root/packaging/constraints.txt")
    [ -t 2 ] || options+=(--quiet)
    if is_linux && [ "$cpu" = yes ]; then
        options+=(--extra-index-url https://download.pytorch.org/whl/cpu)
    elif is_linux && ! command -v nvidia-smi >/dev/null; then
        say "(No NVIDIA card was found. The option --cpu takes a smaller torch, without CUDA.)"
    fi
    "$python" -m pip install "${options[@]}" --editable "$1" >&2
}
