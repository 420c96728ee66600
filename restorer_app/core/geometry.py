"""Region: every piece of rectangle arithmetic, end-exclusive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import index

from restorer_app.core.errors import InvalidValueError


@dataclass(frozen=True, slots=True, order=True)
class Region:
    """A rectangle of whole pixels that is never empty: left <= x < right, top <= y < bottom."""

    left: int
    top: int
    right: int
    bottom: int

    def __post_init__(self) -> None:
        for name in ("left", "top", "right", "bottom"):
            try:
                # numpy integers come in from array shapes; only true ints go out (they are pickled and hashed).
                object.__setattr__(self, name, index(getattr(self, name)))
            except TypeError:
                raise InvalidValueError(
                    f"A region needs whole numbers, but {name} is {getattr(self, name)!r}."
                ) from None
        if self.right <= self.left or self.bottom <= self.top:
            raise InvalidValueError(
                f"A region must be at least one pixel wide and high, but {self.left}, {self.top} to "
                f"{self.right}, {self.bottom} is empty."
            )

    @classmethod
    def of_size(cls, width: int, height: int) -> Region:
        return cls(0, 0, width, height)

    @classmethod
    def clipped(cls, left: int, top: int, right: int, bottom: int, *, inside: Region) -> Region | None:
        """The part of a rectangle, possibly empty, that lies inside another."""
        left, top = max(left, inside.left), max(top, inside.top)
        right, bottom = min(right, inside.right), min(bottom, inside.bottom)
        return cls(left, top, right, bottom) if right > left and bottom > top else None

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def area(self) -> int:
        return self.width * self.height

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns, as numpy orders them."""
        return self.height, self.width

    @property
    def centre(self) -> tuple[float, float]:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def contains(self, other: Region) -> bool:
        return (
            self.left <= other.left
            and self.top <= other.top
            and other.right <= self.right
            and other.bottom <= self.bottom
        )

    def contains_point(self, x: float, y: float) -> bool:
        return self.left <= x < self.right and self.top <= y < self.bottom

    def overlaps(self, other: Region) -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def intersect(self, other: Region) -> Region | None:
        return Region.clipped(self.left, self.top, self.right, self.bottom, inside=other)

    def union(self, other: Region) -> Region:
        """The smallest region that holds both."""
        return Region(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def grown(self, margin: int, *, inside: Region | None = None) -> Region:
        """Larger by a margin on every side (smaller where it is negative), cut to `inside` where given."""
        grown = Region(self.left - margin, self.top - margin, self.right + margin, self.bottom + margin)
        if inside is None:
            return grown
        cut = grown.intersect(inside)
        if cut is None:
            raise InvalidValueError(f"{self} lies outside {inside}.")
        return cut

    def shifted(self, dx: int, dy: int) -> Region:
        return Region(self.left + dx, self.top + dy, self.right + dx, self.bottom + dy)

    def scaled(self, factor: int) -> Region:
        """The same part of a picture that is `factor` times as large."""
        return Region(self.left * factor, self.top * factor, self.right * factor, self.bottom * factor)

    def aligned(self, step: int, *, inside: Region | None = None) -> Region:
        """Grown outwards to multiples of `step`, cut to `inside` where given."""
        grown = Region(
            self.left // step * step,
            self.top // step * step,
            -(-self.right // step) * step,
            -(-self.bottom // step) * step,
        )
        if inside is None:
            return grown
        cut = grown.intersect(inside)
        if cut is None:
            raise InvalidValueError(f"{self} lies outside {inside}.")
        return cut

    def slices(self, origin: Region | None = None) -> tuple[slice, slice]:
        """Row and column slices into an array whose first pixel is the origin's first pixel."""
        left, top = (origin.left, origin.top) if origin else (0, 0)
        return slice(self.top - top, self.bottom - top), slice(self.left - left, self.right - left)

    def cells(self, size: int) -> Iterator[tuple[int, int]]:
        """Row and column of every square of the grid from (0, 0) that this region touches."""
        for row in range(self.top // size, -(-self.bottom // size)):
            for column in range(self.left // size, -(-self.right // size)):
                yield row, column

    def divided(self, width: int, height: int | None = None) -> Iterator[Region]:
        """Row by row the pieces of at most width × height that cover this region exactly once."""
        step = width if height is None else height
        for top in range(self.top, self.bottom, step):
            for left in range(self.left, self.right, width):
                yield Region(left, top, min(left + width, self.right), min(top + step, self.bottom))

    def without(self, other: Region) -> list[Region]:
        """Up to four disjoint regions that cover this one except where the other lies."""
        cut = self.intersect(other)
        if cut is None:
            return [self]
        sides = (
            (self.left, self.top, self.right, cut.top),
            (self.left, cut.bottom, self.right, self.bottom),
            (self.left, cut.top, cut.left, cut.bottom),
            (cut.right, cut.top, self.right, cut.bottom),
        )
        return [part for side in sides if (part := Region.clipped(*side, inside=self)) is not None]


def cell_region(row: int, column: int, *, size: int, inside: Region) -> Region:
    """The pixels of one cell of the grid from (0, 0), cut to the picture."""
    cut = Region.clipped(column * size, row * size, (column + 1) * size, (row + 1) * size, inside=inside)
    if cut is None:
        raise InvalidValueError(f"The cell {row}, {column} lies outside {inside}.")
    return cut


def bounding(regions: Iterable[Region]) -> Region | None:
    """The smallest region that holds all, or None when there are none."""
    whole: Region | None = None
    for region in regions:
        whole = region if whole is None else whole.union(region)
    return whole
