"""Makes resources/samples from the photographs of a folder: python packaging/make_samples.py FOLDER.

FOLDER holds train/historical and train/damage, as the manifest of the training photographs names them.
Two samples keep only the damage that time did to them; the third is damaged here, so that its mask is known exactly.
"""

import io
import shutil
import sys
from pathlib import Path

import cv2
import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

SAMPLES = Path(__file__).parents[1] / "resources" / "samples"
Alpha = NDArray[np.float32]  # 0 = sound, 1 = nothing of the picture is left

PORTRAIT = "train/historical/hist_civilwar/5.jpg"
FERRYMAN = "train/historical/hist_prokudin_gorskii/river_level0_c.jpg"
BACKYARD = "train/historical/hist_fsa_milwaukee/fsa-8b28643-full.jpg"
DOTS_PER_INCH = 216  # as if the whole of a negative of 3¼ × 4¼ inches had been scanned

ELEMENTS = [  # file, left, top, size, strength: real dust and hairs, laid where they hurt
    ("hair/hair-0001.png", 560, 150, 330, 0.95),
    ("hair/hair-0018.png", 60, 20, 300, 0.9),
    ("hair-short/hair-sh-0003.png", 360, 330, 180, 0.95),
    ("hair-short/hair-sh-0006.png", 240, 90, 200, 0.9),
    ("lint/lint-003.png", 690, 20, 160, 0.9),
    ("scratches/scratch-0006.png", 60, 430, 300, 0.8),
    ("spots/spots-001.png", 0, 0, 400, 0.95),
    ("spots/spots-003.png", 330, 240, 400, 0.95),
    ("spots/spots-002.png", 500, 0, 400, 0.95),
    ("smut/smut-0002.png", 420, 470, 150, 0.85),
    ("dirt/dirt-006.png", 180, 160, 300, 0.8),
]

XMP = b"""<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:title><rdf:Alt>
<rdf:li xml:lang="x-default">Rear of houses, 900 block West Clybourn Street, Milwaukee</rdf:li>
</rdf:Alt></dc:title>
<dc:creator><rdf:Seq><rdf:li>Carl Mydans</rdf:li></rdf:Seq></dc:creator>
<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">Public domain</rdf:li></rdf:Alt></dc:rights>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""


def element(file: Path, size: int, shape: tuple[int, int], at: tuple[int, int]) -> Alpha:
    """One real piece of damage at its place, on an empty plate of this shape."""
    alpha = cv2.resize(np.asarray(Image.open(file).convert("L")), (size, size), interpolation=cv2.INTER_AREA)
    plate = np.zeros((shape[0] + size, shape[1] + size), np.float32)
    left, top = at
    plate[top : top + size, left : left + size] = alpha.astype(np.float32) / 255
    return plate[: shape[0], : shape[1]]


def scratch(shape: tuple[int, int], points: list[tuple[int, int]], width: float) -> Alpha:
    """A scratch along a line, drawn at eight times the size so that its edge is soft; it bites unevenly."""
    big = np.zeros((shape[0] * 8, shape[1] * 8), np.uint8)
    line = np.array([(x * 8, y * 8) for x, y in points], np.int32)
    cv2.polylines(big, [line], isClosed=False, color=255, thickness=round(width * 8))
    drawn = cv2.resize(big, (shape[1], shape[0]), interpolation=cv2.INTER_AREA)
    rough = np.random.default_rng(len(points)).uniform(0.0, 1.7, (shape[0] // 14, shape[1] // 14)).astype(np.float32)
    bite = cv2.resize(rough, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.asarray(drawn.astype(np.float32) / 255 * np.clip(bite, 0.3, 1), np.float32)


def lost_corner(shape: tuple[int, int], random: np.random.Generator) -> Alpha:
    """The emulsion gone from the upper right corner, with the ragged edge that it leaves."""
    height, width = shape
    steps = np.linspace(0, 1, 40)
    ragged = random.normal(0, 3.5, 40).cumsum() * 0.6
    edge = [(width - 118 + 118 * s + r, 96 * s**1.5 - r) for s, r in zip(steps, ragged, strict=True)]
    outline = np.array([*edge, (width + 9, 140), (width + 9, -9), (width - 118, -9)], np.float32)
    big = np.zeros((height * 4, width * 4), np.uint8)
    cv2.fillPoly(big, [np.round(outline * 4).astype(np.int32)], color=255)
    return np.asarray(cv2.resize(big, (width, height), interpolation=cv2.INTER_AREA), np.float32) / np.float32(255)


def damage(folder: Path, shape: tuple[int, int]) -> tuple[Alpha, Alpha]:
    """What lies on the negative and so prints white; what is scratched through and so prints black."""
    random = np.random.default_rng(1936)
    white = lost_corner(shape, random)
    for name, left, top, size, strength in ELEMENTS:
        white = np.maximum(white, element(folder / name, size, shape, (left, top)) * np.float32(strength))
    white = np.maximum(white, scratch(shape, [(508, 0), (512, 260), (517, 520), (519, 672)], 2.2) * np.float32(0.9))
    black = scratch(shape, [(0, 236), (210, 228), (470, 233)], 1.6) * np.float32(0.85)
    return white, np.maximum(black, scratch(shape, [(640, 560), (760, 590), (905, 579)], 1.3) * np.float32(0.8))


def make_backyard(folder: Path) -> None:
    sound = np.asarray(Image.open(folder / BACKYARD).convert("L"))
    white, black = damage(folder / "train/damage/elements", sound.shape)
    light = sound.astype(np.float32) / 255
    light = light * (1 - white) + np.float32(0.97) * white
    light = light * (1 - black) + np.float32(0.03) * black
    grain = np.random.default_rng(1937).normal(0, 1 / 510, sound.shape)  # half a level of 8 bits: fills the 16
    damaged = np.round(np.clip(light + grain, 0, 1) * 65535).astype(np.uint16)
    tifffile.imwrite(
        SAMPLES / "backyard.tif",
        damaged,
        photometric="minisblack",
        rowsperstrip=64,
        resolution=(DOTS_PER_INCH, DOTS_PER_INCH),
        resolutionunit="INCH",
        description="Rear of houses, 900 block West Clybourn Street, Milwaukee, April 1936 (damage added)",
        software="packaging/make_samples.py",
        metadata=None,
        extratags=[(315, "s", 0, "Carl Mydans", True), (700, "B", len(XMP), XMP, True)],
    )
    found = ((np.maximum(white, black) > 0.06) * 255).astype(np.uint8)
    mask = cv2.dilate(found, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5)))  # soft edges belong to the damage
    Image.fromarray(mask).save(SAMPLES / "backyard_mask.png", optimize=True)


def make_ferryman(folder: Path) -> None:
    """The composite as it is: its coloured specks are real dust on the three plates."""
    Image.open(folder / FERRYMAN).convert("RGB").save(SAMPLES / "ferryman.png", optimize=True)


def make_portrait(folder: Path) -> None:
    """The file as it is, byte by byte: a JPEG that is saved again is another picture."""
    data = (folder / PORTRAIT).read_bytes()
    Image.open(io.BytesIO(data)).verify()
    shutil.copyfile(folder / PORTRAIT, SAMPLES / "daguerreotype.jpg")


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    folder = Path(sys.argv[1])
    SAMPLES.mkdir(parents=True, exist_ok=True)
    make_backyard(folder)
    make_ferryman(folder)
    make_portrait(folder)
    for file in sorted(SAMPLES.iterdir()):
        print(f"{file.name}: {file.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
