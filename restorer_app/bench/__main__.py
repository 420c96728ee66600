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
    for each in (core,):
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
    from restorer_app.bench import core  # noqa: PLC0415 (see above)

    emit(core.run(anyway=args.anyway), as_json=args.json)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
