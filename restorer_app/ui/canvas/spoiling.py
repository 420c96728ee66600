"""Which boxes of the view look different when stored pixels, or what lies over them, change."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from restorer_app.core.geometry import Region, bounding
from restorer_app.ui.canvas.compare import Pane
from restorer_app.ui.canvas.overlay import OUTLINE_REACH, cut
from restorer_app.ui.canvas.viewport import Box

_MOST_REGIONS = 48  # from here on one region around all of them costs less


def boxes_of(regions: Sequence[Region], panes: Sequence[Pane]) -> Iterator[Box]:
    """In every pane that shows one, with what scaling and outlines reach beyond."""
    if len(regions) > _MOST_REGIONS:  # first those in view: one region around the others is the whole view
        seen = [near for pane in panes if (near := _seen(pane)) is not None]
        regions = [region for region in regions if any(region.overlaps(near) for near in seen)]
    if len(regions) > _MOST_REGIONS:
        whole = bounding(regions)
        regions = [] if whole is None else [whole]
    reach = OUTLINE_REACH + 1
    for region in regions:
        for pane in panes:
            view = pane.viewport
            grown = region.grown(2 << view.level, inside=view.turn.bounds)  # what scaling mixes in
            left, top, right, bottom = view.box_of(grown)
            part = cut((left - reach, top - reach, right + reach, bottom + reach), pane.box)
            if part is not None:
                yield part


def _seen(pane: Pane) -> Region | None:
    """The stored pixels from which anything in a pane can look different."""
    view = pane.viewport
    seen = view.region_in(pane.box)
    margin = (2 << view.level) + math.ceil((OUTLINE_REACH + 1) / view.zoom)
    return None if seen is None else seen.grown(margin)
