"""Coverings: what lies over the picture: mask, protection, strokes in hand, jobs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal

from restorer_app.core.geometry import Region
from restorer_app.core.mask import blank
from restorer_app.core.raster import Raster
from restorer_app.ui.canvas.mask_layer import MaskLayer
from restorer_app.ui.canvas.tiles import Content
from restorer_app.ui.canvas.work import Work, Works

MASK_SECONDS = 0.008  # at once for reducing masks: another mask over a large picture takes 0.1 s and more


@dataclass(frozen=True, slots=True)
class Stamp:
    """Pixels of elsewhere shown in the shape of a stroke: the original, or the picture `dx`, `dy` away."""

    layer: MaskLayer
    content: Content
    dx: int = 0
    dy: int = 0


class Coverings(QObject):
    """Those of one picture. Whoever draws them allows them the time for it, and hears where they changed."""

    spoiled = Signal(object)  # Regions (stored pixels) over which something else lies from now on

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.mask = self.protect = MaskLayer(blank(Region(0, 0, 1, 1)))
        self.works = Works()
        self.stamp: Stamp | None = None
        self._stamped: list[Region | None] = []  # the image has what was stamped there; it stays until its tiles are
        self._making = QTimer(self, singleShot=True, interval=0)
        self._making.timeout.connect(self._make_owed)

    def begin_picture(self, mask: Raster, protect: Raster) -> None:
        self.mask, self.protect = MaskLayer(mask), MaskLayer(protect)
        self.works, self.stamp = Works(), None
        self._stamped.clear()

    def clear(self) -> None:
        """No picture."""
        nothing = blank(Region(0, 0, 1, 1))
        self.begin_picture(nothing, nothing)

    def replace_mask(self, mask: Raster, region: Region | None) -> None:
        """Another mask, and no previews of finished strokes any more; only `region` may differ."""
        self.spoiled.emit(self.mask.replace(mask, region))

    def replace_protect(self, protect: Raster, region: Region | None) -> None:
        self.spoiled.emit(self.protect.replace(protect, region))

    def show_works(self, works: Sequence[Work]) -> None:
        """Jobs that will still change the picture; those on a picture of another size are not this one's."""
        bounds = self.mask.raster.bounds
        self.spoiled.emit(self.works.show(work for work in works if work.touched.bounds == bounds))

    # ------------------------------------------------------------------------------------------ strokes
    def stamp_layer(self, content: Content, dx: int = 0, dy: int = 0) -> MaskLayer:
        """Where strokes are drawn that show other pixels; strokes of another stamp give way."""
        stamp = self.stamp
        if stamp is None or (stamp.content, stamp.dx, stamp.dy) != (content, dx, dy):
            if stamp is not None:
                self.spoiled.emit(stamp.layer.discard())
                self._stamped.clear()
            stamp = self.stamp = Stamp(MaskLayer(blank(self.mask.raster.bounds)), content, dx, dy)
        return stamp.layer

    def discard_strokes(self) -> None:
        for layer in (self.mask, self.protect, *([self.stamp.layer] if self.stamp else [])):
            self.spoiled.emit(layer.discard())

    def expect_stamped(self, region: Region | None) -> None:
        """The image has what was stamped, unless it changed elsewhere only; its tiles follow."""
        if self.stamp is not None and self.stamp.layer.awaits(region):
            self._stamped.append(region)

    def let_stamp_go(self) -> bool:
        """The image's tiles are there; True where the stamp stood over them until now."""
        if self.stamp is None or not self._stamped:
            return False
        gone = self.stamp.layer.discard(self._stamped)
        self._stamped.clear()
        self.spoiled.emit(gone)
        return bool(gone)

    # -------------------------------------------------------------------------------------------- masks
    @property
    def owes(self) -> bool:
        """Whether tiles were drawn as they had been, or not at all."""
        return any(layer.owes for layer in self._layers)

    def allow_paint(self) -> None:
        """A paint begins, and may make some tiles of masks."""
        for layer in self._layers:
            layer.allow(MASK_SECONDS)

    def make_later(self) -> None:
        """What the paint had no time for."""
        if self.owes:
            self._making.start()

    def _make_owed(self) -> None:
        """Another mask over a large picture: a few tiles now, the rest when the hand has been heard."""
        for layer in self._layers:
            self.spoiled.emit(layer.make_owed(MASK_SECONDS))
        self.make_later()

    @property
    def _layers(self) -> list[MaskLayer]:
        return [self.mask, self.protect, *self.works.layers]
