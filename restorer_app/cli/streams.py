"""Where a command's words go: what a terminal cannot show, and what cannot be written, never costs the work."""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import sys
from collections.abc import Iterator
from typing import Any, TextIO, cast

from restorer_app.files.patching import NARROW

_PLAIN, _RAW = "restorer.plain", "restorer.raw"  # ways of ours to go on where a letter has no code
_INSTEAD_OF = {"strict": _PLAIN, "backslashreplace": _PLAIN, "surrogateescape": _RAW}
_LETTERS = {NARROW: " ", "\u00a0": " ", "×": "x", "–": "-", "’": "'", "“": '"', "”": '"', "…": "..."}
_NO_TEXT = range(0xDC80, 0xDD00)  # bytes of a file name that are no text, as Python keeps them


class Heard:
    """A stream that may be written to whatever becomes of its other end; the first trouble is kept."""

    def __init__(self, stream: TextIO) -> None:
        self.trouble: OSError | None = None
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        if self.trouble is None:
            try:
                return self._stream.write(text)
            except OSError as problem:
                self._give_up(problem)
        return len(text)

    def flush(self) -> None:
        if self.trouble is None:
            try:
                self._stream.flush()
            except OSError as problem:
                self._give_up(problem)

    def _give_up(self, problem: OSError) -> None:
        """What still waits in the stream goes nowhere; Python would try once more at its end, and complain."""
        self.trouble = problem
        with contextlib.suppress(OSError):  # a stream without a number
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)


@contextlib.contextmanager
def heard() -> Iterator[Heard]:
    """Both streams while a command runs; gives the one that results are read from."""
    before = sys.stdout, sys.stderr
    told, said = (Heard(_with_any_letter(stream)) for stream in before)
    sys.stdout, sys.stderr = cast("TextIO", told), cast("TextIO", said)
    try:
        yield told
        told.flush()
        said.flush()
    finally:
        sys.stdout, sys.stderr = before


def nobody_reads() -> bool:
    """Whether the other end of the results is gone, so that further ones need not be worked out."""
    return isinstance(getattr(sys.stdout, "trouble", None), BrokenPipeError)


def _with_any_letter(stream: TextIO) -> TextIO:
    """A letter that a terminal does not know, or a name that is no text, costs an escape and not the answer.

    Where the system's names pass through as they are (in the C locale), they still do.
    """
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors=_INSTEAD_OF.get(stream.errors or "strict"))
    return stream


def _plain(problem: UnicodeError) -> tuple[str | bytes, int]:
    """The nearest plain letter, or an escape."""
    if not isinstance(problem, UnicodeEncodeError):
        raise problem
    letter = problem.object[problem.start]
    return _LETTERS.get(letter) or letter.encode("ascii", "backslashreplace").decode("ascii"), problem.start + 1


def _raw(problem: UnicodeError) -> tuple[str | bytes, int]:
    """As that, but bytes of a file name go out as they came in."""
    if isinstance(problem, UnicodeEncodeError) and ord(problem.object[problem.start]) in _NO_TEXT:
        return bytes([ord(problem.object[problem.start]) - 0xDC00]), problem.start + 1
    return _plain(problem)


codecs.register_error(_PLAIN, _plain)
codecs.register_error(_RAW, _raw)
