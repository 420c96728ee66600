"""python -m restorer_app.bench NAME: the benchmarks, each in a process of its own."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from restorer_app.bench.report import Report, emit
from restorer_app.core.errors import RestorerError


def main(argv: list[str]) -> int:
    """Runs one benchmark and prints its report."""
    args = _parser().parse_args(argv)
    try:
        emit(_run(args), as_json=args.json)
    except RestorerError as problem:
        return _refused(str(problem), as_json=args.json)
    except OSError as problem:
        named = f" ({problem.filename})" if problem.filename else ""
        return _refused(f"The system refused this: {problem.strerror or problem}{named}.", as_json=args.json)
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    return 0


def _refused(sentence: str, *, as_json: bool) -> int:
    """On stderr for a person; for a program one object on stdout, like every other command's."""
    print(f"restorer bench: {sentence}", file=sys.stderr)
    if as_json:
        print(json.dumps({"error": sentence}, indent=2, ensure_ascii=False))
    return 1


def _at_least_one(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"is a whole number of at least 1, not {text}")
    return number


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
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
