"""One uniform Method for every operation, so that planning and running know no special cases."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from restorer_app.core.card import ModelCard
from restorer_app.core.errors import InvalidValueError
from restorer_app.core.job import CancelToken, Job
from restorer_app.core.operation import Decompress, Denoise, Repair, Upscale
from restorer_app.core.raster import Raster
from restorer_app.engine import classical, closing, levels, looks, patchmatch, texture
from restorer_app.engine.plan import Needs
from restorer_app.engine.sampling import sample
from restorer_app.engine.values import Floats, Hole, Run

STRONGEST = 50 / 255  # of 1: the most noise that denoisers are trained on; more is no photograph
NO_NOISE = 0.2 / 255  # below this a picture is clean: even rounding to 8 bits leaves 0.29/255
FLAWLESS = 99  # JPEG quality from which there is nothing to take away
NATURAL = 0.5  # of the degradation that the natural mode of upscaling expects
_BEYOND_WHITE = 2.0  # times white: so bright is not half of any photograph
_LOOKS_OF_REPAIR = 8
_FAR = 96  # pixels of halo from which tiles are larger
_PATCHES_FROM = 128  # pixels around a hole in which matching patches are looked for

Prepare = Callable[[Floats, Hole], Floats]
Finish = Callable[[Floats, Floats, Hole], tuple[Floats, Floats]]


@dataclass(frozen=True, slots=True)
class Method:
    """How an operation is computed: first the context of a hole is prepared once, then tiles are run."""

    needs: Needs
    run: Run
    prepare: Prepare | None = None  # None: works everywhere, not only in holes
    scale: int = 1
    device: str = "cpu"
    dtype: str = "float32"
    batch_pixels: int = 0  # windows together in one call; 0 is one at a time
    grain: float = 0.0  # of the surroundings' fine contrast, given to what was filled
    finish: Finish | None = None  # answer, what it was made from, hole: the fill, and the contrast that belongs there
    measured: Mapping[str, Any] = field(default_factory=dict)

    @property
    def fills(self) -> bool:
        return self.prepare is not None


def method_for(job: Job, cancel: CancelToken, *, on_cpu: bool = False) -> Method:
    """The method of a job; `on_cpu` is where it goes when the device has no memory left."""
    operation = job.operation
    if job.model is not None or not isinstance(operation, Repair):  # those carry values inward, whatever white is
        _check_white(job.image)
    if isinstance(operation, Repair):
        return _repair(job, operation, cancel, on_cpu=on_cpu)
    if isinstance(operation, Denoise):
        return _denoise(job, operation, cancel, on_cpu=on_cpu)
    if isinstance(operation, Decompress):
        return _decompress(job, operation, cancel, on_cpu=on_cpu)
    return _upscale(job, operation, cancel, on_cpu=on_cpu)


def _check_white(image: Raster) -> None:
    """Floats on a scale of 255 or 65 535, as some programs write them, would all be far beyond white."""
    if image.dtype.kind != "f":
        return
    values = sample(image)
    there = values[values != 0]  # no data is 0 here
    if there.size and (middle := float(np.median(there))) > _BEYOND_WHITE:
        raise InvalidValueError(
            f"Half of this floating-point picture lies above {middle:.4g}, and white is 1 in such pictures.",
            advice="Divide its values by what white is in it, often 255 or 65535, and save that as the master.",
        )


def _repair(job: Job, operation: Repair, cancel: CancelToken, *, on_cpu: bool) -> Method:
    if operation.method == "faithful":
        assert job.model is not None  # a job with a learned operation has its model
        if job.model.net_args.get("patches"):
            prepare = partial(closing.close_four_times, seed=job.seed, cancelled=lambda: cancel.is_cancelled)
            net = _learned(job, on_cpu=on_cpu, context=_PATCHES_FROM, prepare=prepare, grain=operation.grain)
            return _finished_by_patches(net, job, cancel)
        return _learned(job, on_cpu=on_cpu, context=closing.CONTEXT, prepare=closing.close, grain=operation.grain)
    if operation.method == "patch":
        # Patches carry the grain of the place they come from, though not all of it.
        return Method(
            Needs(0, context=_PATCHES_FROM),
            _as_prepared,
            lambda picture, hole: patchmatch.fill(picture, hole, seed=job.seed, cancelled=lambda: cancel.is_cancelled),
            grain=operation.grain,
        )
    fill = classical.telea if operation.method == "telea" else classical.navier_stokes
    return Method(Needs(0, context=closing.CONTEXT), _as_prepared, fill, grain=operation.grain)


def _denoise(job: Job, operation: Denoise, cancel: CancelToken, *, on_cpu: bool) -> Method:
    measured: dict[str, Any] = {}
    if operation.strength is None:
        sigma = levels.noise_level(sample(job.image))
        measured["noise_sigma"] = round(sigma, 6)
        sigma = min(sigma, STRONGEST) if sigma > NO_NOISE else 0.0
    else:
        sigma = operation.strength * STRONGEST
    measured["sigma_used"] = round(sigma, 6)
    if sigma == 0:
        return Method(Needs(0), _unchanged, measured=measured)
    if operation.method == "learned":
        net = _learned(job, on_cpu=on_cpu, level=sigma, measured=measured)
        return _looking(net, operation.looks, job, cancel)
    by_name = {"nlm": (classical.nlm, classical.NLM_HALO), "guided": (classical.guided, classical.GUIDED_HALO)}
    smooth, halo = by_name[operation.method]
    return Method(Needs(halo), lambda pictures, _: [smooth(one, sigma) for one in pictures], measured=measured)


def _decompress(job: Job, operation: Decompress, cancel: CancelToken, *, on_cpu: bool) -> Method:
    quality = operation.quality
    measured: dict[str, Any] = {}
    assert job.model is not None  # a job with a learned operation has its model
    sees_squares = bool(job.model.net_args.get("blocks"))
    grid = None
    if quality is None or (sees_squares and quality < FLAWLESS):
        trace = levels.jpeg_trace(sample(job.image), quality)
        if quality is None:
            quality = measured["jpeg_quality"] = trace.quality
        grid = trace.grid if sees_squares else None
    if quality is None or quality >= FLAWLESS:
        return Method(Needs(0), _unchanged, measured=measured)
    if grid is not None:
        measured["jpeg_grid"] = list(grid)
    net = _learned(job, on_cpu=on_cpu, level=1 - quality / 100, measured=measured)
    return _looking(net, operation.looks, job, cancel, grid=grid)


def _upscale(job: Job, operation: Upscale, cancel: CancelToken, *, on_cpu: bool) -> Method:
    scale = operation.scale
    if operation.method == "learned":
        net = _learned(job, on_cpu=on_cpu, level=NATURAL if operation.mode == "natural" else 0.0)
        return _looking(net, operation.looks, job, cancel)
    return Method(
        Needs(classical.LANCZOS_HALO, side=256),
        lambda pictures, _: [classical.lanczos(one, scale) for one in pictures],
        scale=scale,
    )


def _learned(
    job: Job,
    *,
    on_cpu: bool,
    level: float | None = None,
    context: int = 0,
    prepare: Prepare | None = None,
    grain: float = 0.0,
    measured: Mapping[str, Any] | None = None,
) -> Method:
    """A net in the place that the job asks for; its guide is one level, or the hole."""
    # Torch takes two seconds to load, and classical methods do without.
    from restorer_app.engine.device import describe, place_for  # noqa: PLC0415
    from restorer_app.engine.learned import LearnedMethod  # noqa: PLC0415

    card = job.model
    assert card is not None  # a job with a learned operation has its model
    place = place_for("cpu" if on_cpu else job.device, job.dtype, deterministic=job.deterministic, allowed=card.dtypes)
    net = LearnedMethod(card, place, channels=job.image.channels)

    def run(pictures: Sequence[Floats], holes: Sequence[Hole] | None) -> list[Floats]:
        if level is not None:
            return net.run(pictures, level)
        assert holes is not None  # only a fill has no level
        return net.run(pictures, [hole[:, :, None].astype("float32") for hole in holes])

    return Method(
        _needs_of(card, job, context=context),
        run,
        prepare,
        scale=card.scale,
        device=describe(place),
        dtype=place.dtype,
        batch_pixels=net.batch_pixels,
        grain=grain,
        measured=measured or {},
    )


def _needs_of(card: ModelCard, job: Job, *, context: int) -> Needs:
    whole = max(job.image.bounds.width, job.image.bounds.height)
    return Needs(card.halo, card.multiple_of, side_for(card) if card.tiling else whole, context)


def side_for(card: ModelCard) -> int:
    """Of a tile without its halo. A net that sees far would spend most of a small one on what is thrown away."""
    if card.scale > 1:
        return 256
    return 768 if card.halo > _FAR else 512


def _finished_by_patches(net: Method, job: Job, cancel: CancelToken) -> Method:
    """The net sees two closings in each of several looks, half of them with other patches: they cost little beside
    the closings. The crisp patches take over where holes are wide, and lend their fine contrast elsewhere.
    """
    channels = job.image.channels
    often = _looking(net, _LOOKS_OF_REPAIR // 2, job, cancel)
    oftener = _looking(net, _LOOKS_OF_REPAIR // 2, job, cancel, first=_LOOKS_OF_REPAIR // 2)

    def run(closings: Sequence[Floats], holes: Sequence[Hole] | None) -> list[Floats]:
        shown = [one[:, :, : 2 * channels] for one in closings]
        others = [np.dstack((one[:, :, :channels], one[:, :, -channels:])) for one in closings]
        pairs = zip(often.run(shown, holes), oftener.run(others, holes), strict=True)
        return [(one + other) * np.float32(0.5) for one, other in pairs]

    def finish(answer: Floats, closings: Floats, hole: Hole) -> tuple[Floats, Floats]:
        crisp, rough = closings[:, :, 2 * channels : 3 * channels], closings[:, :, 3 * channels]
        deep = closing.with_texture_inside(answer, crisp, hole)
        return texture.with_detail(deep, crisp, rough, hole, share=min(net.grain, 1))

    needs = replace(often.needs, halo=often.needs.halo + texture.REACH)
    return replace(often, needs=needs, run=run, finish=finish)


def _looking(
    net: Method,
    often: int,
    job: Job,
    cancel: CancelToken,
    *,
    first: int = 0,
    grid: tuple[int, int] | None = None,
) -> Method:
    """A net that looks several times; what is moved needs to be seen that much farther."""
    assert job.model is not None  # only a net looks
    eye = looks.Eye.of(job.model, job.image.channels, grid=grid)
    run = looks.looking(net.run, often, eye, first=first, cancelled=lambda: cancel.is_cancelled)
    return replace(net, run=run, needs=replace(net.needs, halo=net.needs.halo + looks.farther(often, eye)))


def _unchanged(pictures: Sequence[Floats], _: Sequence[Hole] | None) -> list[Floats]:
    return list(pictures)


def _as_prepared(pictures: Sequence[Floats], _: Sequence[Hole] | None) -> list[Floats]:
    """What was filled whole needs no second look."""
    return list(pictures)
