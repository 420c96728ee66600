import io
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from restorer_app.cli.main import run

cv2.setNumThreads(1)


class Desk:
    """A folder with pictures and a command line in front of it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys
        self.out = self.err = ""

    def __truediv__(self, name: str) -> Path:
        return self.folder / name

    def run(self, *words: object) -> int:
        code = run([str(word) for word in words])
        self.out, self.err = self._capsys.readouterr()
        return code

    def told(self) -> dict:
        return json.loads(self.out)

    def names(self) -> set[str]:
        return {path.name for path in self.folder.iterdir()}

    def tiff(self, name: str = "scan.tif", height: int = 70, width: int = 90) -> Path:
        tifffile.imwrite(self / name, light(height, width), photometric="rgb", compression="zlib", tile=(32, 32))
        return self / name

    def jpeg(self, name: str = "scan.jpg", *, quality: int = 92) -> Path:
        Image.fromarray((light(64, 80) >> 8).astype(np.uint8)).save(self / name, quality=quality)
        return self / name

    def mask(self, name: str = "mask.png", height: int = 70, width: int = 90, value: int = 255) -> Path:
        mask = np.zeros((height, width), np.uint8)
        mask[20:30, 40:52] = value
        Image.fromarray(mask).save(self / name)
        return self / name


def light(height: int, width: int) -> np.ndarray:
    rows, columns = np.mgrid[:height, :width]
    planes = [np.sin(rows / 11 + n) * np.cos(columns / 15 - n) for n in range(3)]
    grain = np.random.default_rng(0).normal(0, 0.01, (height, width, 3))
    return np.round((0.5 + 0.3 * np.stack(planes, -1) + grain) * 65535).astype(np.uint16)


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path, capsys)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()
