"""The command line: finds the command, and turns whatever happens into one line and an exit code."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn

from restorer_app import __version__
from restorer_app.cli import (
    bench,
    compare,
    decompress,
    denoise,
    info,
    mask,
    models,
    repair,
    replay,
    streams,
    telling,
    tour,
    train,
    upscale,
    verify,
)
from restorer_app.cli.work import JobFailedError
from restorer_app.core.errors import RestorerError

FAILED, USAGE, INTERRUPTED, PIPE_CLOSED = 1, 2, 130, 141

_COMMANDS = (info, repair, denoise, upscale, decompress, verify, compare, replay, mask, models, tour, train, bench)


def run(argv: list[str]) -> int:
    """Does what the words say and gives the exit code."""
    if argv[:1] == ["bench"]:
        return bench.hand_over(argv[1:])
    with streams.heard() as told:
        args = argparse.Namespace()
        code = _run(argv, args)
        told.flush()
        return _unheard(code, told.trouble, args) if told.trouble else code


def _run(argv: list[str], args: argparse.Namespace) -> int:
    try:
        _, surplus = _parser().parse_known_args(argv, args)
        if surplus:
            _refuse(surplus, args)
        return _do(args)
    except _WrongWordsError as wrong:
        print(wrong.told, file=sys.stderr)
        return _ended(wrong.message, USAGE, as_json="--json" in argv)
    except SystemExit as ending:  # argparse ends the program after help
        return ending.code if isinstance(ending.code, int) else USAGE


def _unheard(code: int, trouble: OSError, args: argparse.Namespace) -> int:
    """The work's own exit code, although its report was lost; of a command that only tells, nothing else is left."""
    closed = isinstance(trouble, BrokenPipeError)  # the reader of a pipe has seen enough, and knows it
    if not closed:
        why = f"The report could not be written: {trouble.strerror or trouble}."
        print(f"restorer: {why} {getattr(args, 'stopped', '')}".rstrip(), file=sys.stderr)
    if code == 0 and getattr(args, "only_tells", False):
        return PIPE_CLOSED if closed else FAILED
    return code


class _WrongWordsError(SystemExit):
    """Words that make no command; an end of the program, as argparse wants it, that knows why."""

    def __init__(self, message: str, told: str) -> None:
        super().__init__(USAGE)
        self.message = message
        self.told = told


class _Parser(argparse.ArgumentParser):
    """Leaves it to us to say what is wrong with the words: a program that asked for JSON wants to read it, too."""

    def error(self, message: str) -> NoReturn:
        raise _WrongWordsError(message, f"{self.format_usage()}{self.prog}: error: {message}")


def _refuse(surplus: list[str], args: argparse.Namespace) -> NoReturn:
    """In the name of the command, whose usage helps more than the list of commands."""
    several = hasattr(args, "input") and not any(word.startswith("-") for word in surplus)
    told = "; it takes one picture at a time" if several else ""
    parser: _Parser = args.parser
    parser.error(f"there is no use for {', '.join(surplus)} here{told}")


def _do(args: argparse.Namespace) -> int:
    with _polite_end():
        return _judged(args)


def _judged(args: argparse.Namespace) -> int:
    """The exit code of a command, and a sentence for whatever it ended with."""
    try:
        return int(args.run(args))
    except KeyboardInterrupt:
        told = f"Stopped. {getattr(args, 'stopped', '')}".rstrip()
        print(f"\n{told}", file=sys.stderr)
        return _ended(told, INTERRUPTED, as_json=_wants_json(args))
    except RestorerError as problem:
        where = problem.where if isinstance(problem, JobFailedError) else traceback.format_exc()
        return _failed(str(problem), where, args)
    except OSError as problem:  # where no file of ours was being read or written: a name that no disc takes
        named = f" ({problem.filename})" if problem.filename else ""
        told = f"The system refused this: {problem.strerror or problem}{named}. Check the names and the drive."
        return _failed(told, traceback.format_exc(), args)
    except Exception as fault:  # noqa: BLE001 - one of the two named places: a bug is one line, --debug shows the rest
        told = f"This is a fault in the program: {type(fault).__name__}: {fault}".splitlines()[0]
        return _failed(f"{told} (--debug shows where)", traceback.format_exc(), args)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="restorer",
        description="Repairs scanned photographs: changes only what it is told to, proves it, and can do it again.",
        epilog="Without a command the window opens. "
        "Exit codes: 0 done, 1 failed, 2 usage, 4 could not judge, 130 stopped.",
    )
    parser.add_argument("--version", action="version", version=f"restorer {__version__}")
    parser.add_argument("--debug", action="store_true", help="show where in the program a failure came from")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in _COMMANDS:
        command.add_parser(subparsers)
    for sub in subparsers.choices.values():
        sub.set_defaults(parser=sub)
        sub.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    return parser


def _failed(told: str, where: str, args: argparse.Namespace) -> int:
    if args.debug and where:
        print(where.rstrip(), file=sys.stderr)
    print(f"restorer: {told}", file=sys.stderr)
    return _ended(told, FAILED, as_json=_wants_json(args))


def _ended(told: str, code: int, *, as_json: bool) -> int:
    """The same sentence for a program: whoever asked for JSON finds one object, also where there is no result."""
    if as_json:
        telling.tell({"error": told}, [], as_json=True)
    return code


def _wants_json(args: argparse.Namespace) -> bool:
    return bool(getattr(args, "json", False))


@contextlib.contextmanager
def _polite_end() -> Iterator[None]:
    """An end asked for by the system, or a terminal that goes away, is taken like Ctrl-C while a command runs."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asking = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    # what was started with nohup is to go on
    before = {number: signal.signal(number, _interrupt) for number in asking if _is_heard(number)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _is_heard(number: int) -> bool:
    return signal.getsignal(number) != signal.SIG_IGN


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
