"""The one place that wires the parts together: a child process, a command, or the window."""

import multiprocessing
import os
import re
import sys

ENGINE_SWITCH = "--engine-process"
READER_SWITCH = "--reader-process"

_COMMAND = re.compile(r"-.*|[a-z]+(-[a-z]+)*")  # an option or a bare word; a file has a suffix, a folder or a digit


def main(argv: list[str] | None = None) -> int:
    multiprocessing.freeze_support()
    _give_every_stream_an_end()
    words = sys.argv[1:] if argv is None else argv
    try:
        return _start(words)
    except KeyboardInterrupt:  # Ctrl-C before the command itself could take it
        print("\nStopped.", file=sys.stderr)
        return 130


def _start(words: list[str]) -> int:
    first = words[0] if words else "window"
    if first == ENGINE_SWITCH:
        from restorer_app.engine.server import main as serve

        return serve(words[1:])
    if first == READER_SWITCH:
        from restorer_app.files.reader import main as read

        return read(words[1:])
    if first == "window":
        return _open_window(words[1:])
    if _COMMAND.fullmatch(first):
        from restorer_app.cli.main import run

        return run(words)
    return _open_window(words)


def _give_every_stream_an_end() -> None:
    """What whoever started us has closed leads nowhere from now on.

    Its number would go to the next file that we open, and what a library complains of would be written into that.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123 - open to the end


def _open_window(files: list[str]) -> int:
    if not _has_screen():
        print(
            "There is no screen here, so the window cannot open. "
            "Every operation also works without one: restorer --help lists the commands.",
            file=sys.stderr,
        )
        return 2
    try:
        from restorer_app.ui.app import run
    except ImportError as error:
        if ".so" not in str(error):
            raise
        print(f"Qt misses a library of the system: {error}. packaging/run says how to install it.", file=sys.stderr)
        return 1
    return run(files)


def _has_screen() -> bool:
    if sys.platform in {"win32", "darwin"}:
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


if __name__ == "__main__":
    sys.exit(main())
