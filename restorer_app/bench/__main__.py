"""python -m restorer_app.bench NAME: the benchmarks, each in a process of its own."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import NoReturn

from restorer_app.bench.report import Report, emit
from restorer_app.core.errors import RestorerError

FAILED, USAGE, INTERRUPTED, PIPE_CLOSED = 1, 2, 130, 141  # as the other commands end


def main(argv: list[str]) -> int:
    """Runs one benchmark and prints its report."""
    try:
        code = _ended(argv)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of a pipe has seen enough; Python would complain at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    return code


def _ended(argv: list[str]) -> int:
    as_json = "--json" in argv
    try:
        args = _parser().parse_args(argv)
        as_json = args.json
        emit(_run(args), as_json=as_json)
    except _WrongWordsError as wrong:
        print(wrong.told, file=sys.stderr)
        return _refused(wrong.message, USAGE, as_json=as_json)
    except SystemExit as ending:  # argparse ends the program after help
        return ending.code if isinstance(ending.code, int) else USAGE
    except RestorerError as problem:
        print(f"restorer bench: {problem}", file=sys.stderr)
        return _refused(str(problem), FAILED, as_json=as_json)
    except BrokenPipeError:
        raise
    except OSError as problem:
        named = f" ({problem.filename})" if problem.filename else ""
        sentence = f"The system refused this: {problem.strerror or problem}{named}."
        print(f"restorer bench: {sentence}", file=sys.stderr)
        return _refused(sentence, FAILED, as_json=as_json)
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return INTERRUPTED
    return 0


def _refused(sentence: str, code: int, *, as_json: bool) -> int:
    """For a program one object on stdout, like every other command's."""
    if as_json:
        print(json.dumps({"error": sentence}, indent=2, ensure_ascii=False))
    return code


class _WrongWordsError(SystemExit):
    """Words that make no benchmark."""

    def __init__(self, message: str, told: str) -> None:
        super().__init__(USAGE)
        self.message, self.told = message, told


class _Parser(argparse.ArgumentParser):
    """Leaves it to us to say what is wrong with the words: a program that asked for JSON wants to read it, too."""

    def error(self, message: str) -> NoReturn:
        raise _WrongWordsError(message, f"{self.format_usage()}{self.prog}: error: {message}")


def _at_least_one(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"is a whole number of at least 1, not {text}")
    return number


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="restorer bench",
        description="Measures the program on this machine.",
        epilog="window, a fifth one, measures the canvas: restorer bench window --help.",
    )
    subparsers = parser.add_subparsers(dest="name", metavar="NAME", required=True)
    core = subparsers.add_parser("core", help="dabs, patches and undo at 24, 100 and 300 megapixels")
    files = subparsers.add_parser("files", help="saving and proving a 100-megapixel TIFF, beside other libraries")
    files.add_argument("codings", nargs="*", metavar="CODING", help="none, lzw, deflate or zstd (all)")
    files.add_argument("--side", type=_at_least_one, default=10_000, metavar="N", help="of the square picture (10000)")
    files.add_argument("--repeats", type=_at_least_one, default=5, metavar="N", help="medians of so many (5)")
    files.add_argument("--no-peers", action="store_true", help="without the other libraries")
    speed = subparsers.add_parser("speed", help="megapixels a second by model, dtype and tile; what the engine adds")
    speed.add_argument("--device", default="auto", help="auto, cpu, cuda (auto)")
    speed.add_argument("--quick", action="store_true", help="a sixteenth of the picture")
    quality = subparsers.add_parser("quality", help="every model beside its peers: PSNR, SSIM, pictures side by side")
    quality.add_argument("models", nargs="*", metavar="MODEL", help="(all that are here)")
    quality.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder of cbsd68, kodak24, set14 …")
    quality.add_argument("--out", type=Path, default=Path("runs/quality"), metavar="DIR", help="(runs/quality)")
    quality.add_argument("--most", type=_at_least_one, metavar="N", help="pictures of each set at most")
    quality.add_argument(
        "--peers",
        action="store_true",
        help="ask slow peers instead of reading the table; what foreign ones answer is kept in DIR/answers",
    )
    quality.add_argument("--to-cards", action="store_true", help="write the figures into the models' cards")
    for each in (core, files, speed, quality):
        each.add_argument("--json", action="store_true", help="one JSON object on stdout, for programs")
    for each in (core, files, speed):
        each.add_argument("--anyway", action="store_true", help="also beside other work; such figures do not count")
    return parser


def _run(args: argparse.Namespace) -> Report:
    # Imported when asked: a benchmark of the core must not carry torch, and its memory would show it.
    match args.name:
        case "core":
            from restorer_app.bench import core  # noqa: PLC0415 (see above)

            return core.run(anyway=args.anyway)
        case "files":
            from restorer_app.bench import files  # noqa: PLC0415 (see above)

            return files.run(
                anyway=args.anyway,
                side=args.side,
                repeats=args.repeats,
                peers=not args.no_peers,
                codings=args.codings,
            )
        case "speed":
            from restorer_app.bench import speed  # noqa: PLC0415 (see above)

            return speed.run(anyway=args.anyway, quick=args.quick, device=args.device)
        case _:
            from restorer_app.bench import quality  # noqa: PLC0415 (see above)

            return quality.run(
                args.models,
                args.data,
                out=args.out,
                with_peers=args.peers,
                most=args.most,
                to_cards=args.to_cards,
            )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
