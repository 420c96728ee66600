"""python -m restorer_app.bench NAME: the benchmarks, each in a process of its own."""

from __future__ import annotations

import argparse
import sys

from restorer_app.bench.report import emit
from restorer_app.core.errors import RestorerError


def main(argv: list[str]) -> int:
    """Runs one benchmark and prints its report."""
    parser = argparse.ArgumentParser(prog="restorer bench", description="Measures the program on this machine.")
    subparsers = parser.add_subparsers(dest="name", metavar="NAME", required=True)
    core = subparsers.add_parser("core", help="dabs, patches and undo at 24, 100 and 300 megapixels")
    speed = subparsers.add_parser("speed", help="every installed model, and what the engine adds to the bare net")
    speed.add_argument("--quick", action="store_true", help="a sixteenth of the picture")
    speed.add_argument("--device", default="auto", help="auto, cpu or cuda")
    for each in (core, speed):
        each.add_argument("--json", action="store_true", help="one JSON object on stdout, for programs")
        each.add_argument(
            "--anyway", action="store_true", help="measure also beside other work; such figures do not count"
        )
    args = parser.parse_args(argv)
    try:
        return _run(args)
    except RestorerError as problem:
        print(f"restorer bench: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _run(args: argparse.Namespace) -> int:
    # Imported when asked: a benchmark of the core must not carry torch, and its memory would show it.
    if args.name == "speed":
        from restorer_app.bench import speed  # noqa: PLC0415 (see above)

        report = speed.run(anyway=args.anyway, quick=args.quick, device=args.device)
    else:
        from restorer_app.bench import core  # noqa: PLC0415 (see above)

        report = core.run(anyway=args.anyway)
    emit(report, as_json=args.json)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
