"""Room: where in a copy rewritten segments may lie, once the old ones are of no more use."""

from __future__ import annotations

from bisect import bisect_left, insort

Span = tuple[int, int]  # first byte, byte after the last
_MOST = 256  # gaps remembered: hundreds of thousands of small tiles would each be asked of all before


class Room:
    """Vacated spans, joined where they touch; nothing between them is ever handed out."""

    def __init__(self) -> None:
        self._spans: list[Span] = []

    def give(self, begin: int, end: int) -> None:
        """A span that no segment needs any more."""
        at = bisect_left(self._spans, (begin, end))
        if at < len(self._spans) and self._spans[at][0] == end:
            end = self._spans.pop(at)[1]
        if at and self._spans[at - 1][1] == begin:
            begin = self._spans.pop(at - 1)[0]
        insort(self._spans, (begin, end))
        if len(self._spans) > _MOST:
            self._spans.remove(min(self._spans, key=lambda span: span[1] - span[0]))

    def take(self, size: int, *, at: int) -> int | None:
        """Where so many bytes fit: best where they were, else in the first gap, from an even place as the format wants.

        None where they fit nowhere.
        """
        for place in (at, *(begin + begin % 2 for begin, _ in self._spans)):
            if self._taken(place, place + size):
                return place
        return None

    def _taken(self, begin: int, end: int) -> bool:
        for number, (first, last) in enumerate(self._spans):
            if first <= begin and end <= last:
                rest = [(first, begin), (end, last)]
                self._spans[number : number + 1] = [span for span in rest if span[0] < span[1]]
                return True
        return False
