"""Situating: what is true of the window now, as the commands ask it."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QWidget

from restorer_app.core import mask as masks
from restorer_app.core.raster import Raster
from restorer_app.session.command import Situation
from restorer_app.ui.acts.picture import PictureActs
from restorer_app.ui.canvas.view import Canvas
from restorer_app.ui.choices import Choices
from restorer_app.ui.desk import Desk
from restorer_app.ui.editing import Editing


class Situating:
    """Asks everybody; remembers nothing but which mask was found empty."""

    def __init__(
        self,
        window: QWidget,
        canvas: Canvas,
        *,
        desk: Desk,
        editing: Editing,
        acts: PictureActs,
        choices: Choices,
    ) -> None:
        self.has_samples = False
        self._window = window
        self._canvas = canvas
        self._desk = desk
        self._editing = editing
        self._acts = acts
        self._choices = choices
        self._known: dict[bool, tuple[Raster, bool]] = {}  # of the mask, and of the protection

    def now(self) -> Situation:
        document = self._desk.current
        kinds = {way.kind.name for way in self._acts.ways}
        tool, brush, adjustment = self._canvas.easel.tool, self._canvas.easel.brush, self._canvas.adjustment
        always: dict[str, Any] = {
            "several": len(self._desk.documents) > 1,
            "sampled": self.has_samples,
            "tool": tool,
            "erasing": brush.erase,
            "pressure": brush.pressure_sizes,
            "protecting": self._acts.protecting,
            "after_each_stroke": self._choices.now.after_each_stroke,
            "inverted": adjustment.invert,
            "full_screen": self._window.isFullScreen(),
            "denoise": "denoise" in kinds,
            "upscale": "upscale" in kinds,
            "decompress": "decompress" in kinds,
        }
        if document is None:
            return Situation(**always)
        session = document.session
        unsaved = session.is_unsaved or self._editing.is_at_hand
        masked = self._editing.is_masking or self._holds_something(session.mask, protects=False)
        protected = self._holds_something(session.protect, protects=True)
        return Situation(
            open=True,
            editable=document.picture.editable,
            unsaved=unsaved,
            savable=(unsaved or bool(session.pending)) and document.saving_share is None,
            masked=masked,
            protected=protected,
            painted=self._editing.is_masking or (protected if self._acts.protecting else masked),
            remembered=session.last_mask is not None and session.last_mask.bounds == session.mask.bounds,
            running=bool(session.pending),
            undoable=session.history.can_undo or self._editing.is_at_hand,
            redoable=session.history.can_redo,
            paged=document.picture.page_count > 1,
            **always,
        )

    def _holds_something(self, mask: Raster, *, protects: bool) -> bool:
        """Asked often, and a mask never changes: counted once each."""
        known = self._known.get(protects)
        if known is None or known[0] is not mask:
            known = self._known[protects] = (mask, not masks.is_empty(mask))
        return known[1]
