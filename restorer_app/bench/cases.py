"""The cases that quality is measured on: which pictures, damaged how, judged how."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from restorer_app.bench import peers
from restorer_app.bench.peers import MASKS, Peer, Trial
from restorer_app.core import metrics
from restorer_app.core.errors import UnreadableFileError
from restorer_app.engine.values import Floats

Scores = tuple[float, float]  # PSNR and SSIM


@dataclass(frozen=True, slots=True)
class Case:
    """A set of pictures, the damage done to each, and what must and should be reached."""

    name: str
    model: str
    pictures: str  # a folder of the data
    trial: Callable[[Floats, str], Trial]
    judge: Callable[[Trial, Floats], Scores]
    peers: tuple[Peer, ...]
    must: float | None = None
    aim: float | None = None
    published: str = ""
    estimates: bool = False  # also with the level estimated from the picture
    remark: str = ""  # on how it is judged

    @property
    def note(self) -> str:
        """What others reach, and what is to be known of the judging."""
        return "; ".join(filter(None, (self.published, self.remark)))


def pictures_of(data: Path, case: Case) -> Iterator[tuple[str, Floats]]:
    """Name and pixels of every picture of a case's set."""
    files = sorted(f for f in (data / case.pictures).glob("*") if f.suffix.lower() in {".webp", ".png", ".tif"})
    if not files:
        raise UnreadableFileError(f"There are no pictures in {data / case.pictures}.", advice="Say --data DIR.")
    for file in files:
        yield file.stem, _floats(Image.open(file).convert("RGB"))


def whole(picture: Floats) -> Floats:
    """Rounded to the 256 levels of a file."""
    return np.asarray(np.rint(picture.clip(0, 1) * 255) / 255, np.float32)


def brightness(picture: Floats) -> Floats:
    """Y of BT.601 with studio swing, 0..1, as super-resolution is judged."""
    y: Floats = picture @ (np.array([65.481, 128.553, 24.966], np.float32) / np.float32(255)) + np.float32(16 / 255)
    return y


def _noisy(sigma: float, truth: Floats, _name: str, *, grey: bool = False, told: float | None = None) -> Trial:
    truth = _grey(truth) if grey else truth
    noise = np.random.default_rng(0).normal(0, sigma / 255, truth.shape)
    return Trial((truth + noise).astype(np.float32), truth, level=(sigma if told is None else told) / 255)


def _halved(truth: Floats, _name: str) -> Trial:
    pixels = Image.fromarray(np.rint(truth * 255).astype(np.uint8)).reduce(2)
    small = _floats(pixels)
    return Trial(small, small)


def _compressed(quality: int, truth: Floats, _name: str) -> Trial:
    grey, file = _grey(truth), io.BytesIO()
    Image.fromarray(np.rint(grey[:, :, 0] * 255).astype(np.uint8)).save(file, "JPEG", quality=quality)
    return Trial(_floats(Image.open(file)), grey, level=1 - quality / 100)


def _reduced(scale: int, truth: Floats, _name: str) -> Trial:
    height, width = (side // scale * scale for side in truth.shape[:2])
    truth = truth[:height, :width]
    pixels = Image.fromarray(np.rint(truth * 255).astype(np.uint8))
    small = pixels.resize((width // scale, height // scale), Image.Resampling.BICUBIC)
    return Trial(_floats(small), truth, scale=scale)


def _torn(kind: str, truth: Floats, name: str) -> Trial:
    file = MASKS / f"{kind}-{name}.png"
    if not file.is_file():
        raise UnreadableFileError(f"There is no fixed mask {file.name}.")
    hole = np.asarray(Image.open(file).convert("L")) > 0
    return Trial(np.where(hole[:, :, None], 0, truth).astype(np.float32), truth, hole=hole)


def _grey(picture: Floats) -> Floats:
    """What Pillow calls L, with one channel."""
    pixels = Image.fromarray(np.rint(picture * 255).astype(np.uint8)).convert("L")
    return _floats(pixels)


def _floats(pixels: Image.Image) -> Floats:
    values: Floats = np.asarray(pixels, np.float32) * np.float32(1 / 255)
    return values if values.ndim == 3 else values[:, :, None]


def _by_pixels(trial: Trial, answer: Floats) -> Scores:
    rounded = whole(answer)
    return metrics.psnr(trial.truth, rounded), metrics.ssim(trial.truth, rounded)


def _by_brightness(trial: Trial, answer: Floats) -> Scores:
    edge = np.s_[trial.scale : -trial.scale, trial.scale : -trial.scale]
    truth, found = brightness(trial.truth)[edge], brightness(whole(answer))[edge]
    return metrics.psnr(truth, found), metrics.ssim(truth, found)


def _in_hole(trial: Trial, answer: Floats) -> Scores:
    rounded = whole(answer)
    return metrics.psnr(trial.truth, rounded, where=trial.hole), metrics.ssim(trial.truth, rounded)


def _awgn(sigma: int, must: float, aim: float, published: str) -> Case:
    return Case(
        f"noise σ {sigma}, colour",
        "denoise",
        "cbsd68",
        partial(_noisy, sigma),
        _by_pixels,
        peers.DENOISERS,
        must,
        aim,
        published,
        estimates=True,
    )


def _jpeg(quality: int, must: float, aim: float, published: str) -> Case:
    return Case(
        f"JPEG quality {quality}, luma",
        "decompress",
        "cbsd68",
        partial(_compressed, quality),
        _by_pixels,
        peers.JPEGS,
        must,
        aim,
        published,
        estimates=True,
    )


def _scaled(scale: int, pictures: str, must: float | None, aim: float | None, published: str = "") -> Case:
    title, model = f"×{scale}, {pictures}, Y", f"upscale-x{scale}"
    return Case(title, model, pictures, partial(_reduced, scale), _by_brightness, peers.SCALERS, must, aim, published)


def _hole(kind: str, title: str, must: float | None = None, aim: float | None = None, published: str = "") -> Case:
    return Case(
        title,
        "repair",
        "kodak24",
        partial(_torn, kind),
        _in_hole,
        peers.FILLERS,
        must,
        aim,
        published,
        remark="SSIM of the whole picture",
    )


CASES: Mapping[str, Case] = {
    "denoise-15": _awgn(15, 33.5, 34.2, "CBM3D 33.52, DnCNN-B 33.89, FFDNet 33.87, SwinIR 34.42"),
    "denoise-25": _awgn(25, 30.8, 31.6, "CBM3D 30.71, DnCNN-B 31.23, FFDNet 31.21, SwinIR 31.78"),
    "denoise-50": _awgn(50, 27.4, 28.4, "CBM3D 27.38, DnCNN-B 27.92, FFDNet 27.96, SwinIR 28.56"),
    "denoise-grey-25": Case(
        "noise σ 25, grey",
        "denoise",
        "cbsd68",
        partial(_noisy, 25, grey=True),
        _by_pixels,
        peers.DENOISERS,
        published="BM3D 28.57, DnCNN 29.23 on BSD68",
        estimates=True,
    ),
    "denoise-strongly": Case(  # the slider far beyond the noise that there is: it must go, and little else
        "noise σ 6 told as 24, colour",
        "denoise",
        "cbsd68",
        partial(_noisy, 6, told=24),
        _by_pixels,
        peers.DENOISERS,
        published="the noisy picture itself 32.66",
    ),
    "denoise-clean": Case(
        "clean, halved: change",
        "denoise",
        "kodak24",
        _halved,
        _by_pixels,
        (),
        must=45,  # the median; and 42 the least
        published="the picture itself: the higher, the less was changed",
        estimates=True,
    ),
    "decompress-10": _jpeg(10, 28.17, 28.57, "the JPEG as it is 26.97"),
    "decompress-30": _jpeg(30, 31.39, 31.89, "the JPEG as it is 30.39"),
    "upscale-x2": _scaled(2, "set14", 33.0, 33.8, "SRCNN 32.42, VDSR 33.03, EDSR-baseline 33.57, SwinIR-light 33.86"),
    "upscale-x2-set5": _scaled(2, "set5", None, None),
    "upscale-x4": _scaled(4, "set14", 28.0, 28.7, "SRCNN 27.50, VDSR 28.01, EDSR-baseline 28.57, SwinIR-light 28.77"),
    "upscale-x4-set5": _scaled(4, "set5", None, None),
    # The fixed masks are valid when Telea gives 22.7 ± 0.3 dB on the scratches and Navier–Stokes 22.8 ± 0.3.
    "repair-scratches": _hole("scratches", "scratches, in the hole", 25.2, 27.0, "Telea 22.7, Navier–Stokes 22.8"),
    "repair-blobs": _hole("blobs", "blobs, in the hole", 20.8, 22.0, "Telea 19.7, Navier–Stokes 19.7"),
    "repair-edges": _hole("edges", "torn edges, in the hole"),  # a corner, two bites and a worn edge each
}
