"""A sheet of side-by-side pictures: one row a picture, one column a method."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from restorer_app.engine.values import Floats

_SIDE, _ROWS, _LABEL = 192, 4, 14  # pixels of a crop; pictures; height of the line with the method's name


class Sheet:
    """Collects columns and writes them as one PNG."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._columns: list[tuple[str, list[Floats]]] = []

    def show(self, method: str, pictures: Sequence[Floats]) -> None:
        """One column: the middles of a few pictures, evenly chosen."""
        chosen = pictures[:: max(1, len(pictures) // _ROWS)][:_ROWS]
        self._columns.append((method, [_middle(picture) for picture in chosen]))

    def write(self, file: Path) -> None:
        """The sheet as PNG."""
        rows = max(len(column) for _, column in self._columns)
        size = (len(self._columns) * (_SIDE + 2), _LABEL + rows * (_SIDE + 2))
        sheet = Image.new("RGB", size, "white")
        pen = ImageDraw.Draw(sheet)
        for at, (method, column) in enumerate(self._columns):
            pen.text((at * (_SIDE + 2) + 2, 1), method.encode("latin-1", "replace").decode("latin-1"), fill="black")
            for row, picture in enumerate(column):
                pixels = np.rint(picture.clip(0, 1) * 255).astype(np.uint8)
                piece = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
                sheet.paste(piece, (at * (_SIDE + 2), _LABEL + row * (_SIDE + 2)))
        sheet.save(file)


def _middle(picture: Floats) -> Floats:
    top, left = (max(0, (side - _SIDE) // 2) for side in picture.shape[:2])
    return picture[top : top + _SIDE, left : left + _SIDE]
