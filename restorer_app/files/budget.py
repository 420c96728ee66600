"""Budget: how much a file may ask of the machine, judged from its header before anything is decoded."""

from __future__ import annotations

from dataclasses import dataclass

from restorer_app.core.errors import UnreadableFileError
from restorer_app.files.patching import spaced

_MEGA = 1_000_000
_GIGA = 1_000_000_000

_SMALL = 1 << 30  # below this no file is a bomb: a blank mask of a large sheet deflates a thousandfold
_ADVICE = "Open a smaller copy of it, or a part."
_BEYOND = 1 << 62  # more than there is


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits for one file. The defaults open every scan of a 600 mm sheet at 1200 dpi."""

    pixels: int = 1_000 * _MEGA
    bytes: int = 8 * _GIGA  # of decoded pixels; they lie in a scratch file, not in memory
    ratio: int = 400  # decoded bytes a stored byte; real scans stay below 20
    pages: int = 10_000
    seconds: float = 60.0  # for one answer of the reader process, beside what the size itself needs
    memory: int = 6 * _GIGA  # address space that decoding may take beside the picture itself

    @classmethod
    def for_our_own(cls) -> Budget:
        """For a file that this program has just written: an enlarged scan may be larger than any that it opens."""
        return cls(pixels=_BEYOND, bytes=_BEYOND, ratio=_BEYOND)

    def allow_page(self, page: int, page_count: int) -> None:
        """Refuses a page that is not there, and more pages than anyone scans."""
        if page_count > self.pages:
            raise UnreadableFileError(f"The file has more than {self.pages} pages.", advice=_ADVICE)
        if not 0 <= page < page_count:
            there = "only one page" if page_count == 1 else f"{page_count} pages"
            raise UnreadableFileError(
                f"There is no page {page + 1}: the file has {there}.", advice="Pages are counted from 1."
            )

    def allow_pixels(self, width: int, height: int, bytes_a_pixel: int, *, stored: int) -> None:
        """Refuses a picture that is empty or larger, or grows more on decoding, than this budget allows."""
        if width < 1 or height < 1:
            raise UnreadableFileError(
                "The file claims a picture without pixels; it is damaged.", advice="Look for another copy of the file."
            )
        size = f"{width} × {height} pixels"
        if width * height > self.pixels:
            raise UnreadableFileError(
                f"The picture claims {size}, more than the limit of {spaced(self.pixels // _MEGA)} million.",
                advice=_ADVICE,
            )
        decoded = width * height * bytes_a_pixel
        if decoded > self.bytes:
            raise UnreadableFileError(
                f"The picture of {size} needs {decoded / _GIGA:.1f} GB, more than the limit of "
                f"{self.bytes / _GIGA:.1f} GB.",
                advice=_ADVICE,
            )
        if decoded > _SMALL and decoded > self.ratio * max(stored, 1):
            raise UnreadableFileError(
                f"The file claims {size} but stores only {spaced(stored)} bytes for them; it looks damaged, or made to "
                "exhaust the machine.",
                advice=_ADVICE,
            )

    def seconds_for(self, decoded: int) -> float:
        """The time-out of a request that yields so many bytes: the slowest codec makes some 5 MB a second."""
        return self.seconds + decoded / (5 * _MEGA)
