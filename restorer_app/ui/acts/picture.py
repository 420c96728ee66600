"""What commands do to the picture in hand: undo, masks, repairs."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from restorer_app.core import mask as masks
from restorer_app.core.operation import Repair
from restorer_app.core.raster import Raster
from restorer_app.core.stroke import Stroke
from restorer_app.ui.choices import Choices
from restorer_app.ui.editing import Editing
from restorer_app.ui.offers import Way, usable_method, ways

OF_PROTECTION = {
    "Masked everything": "Protected everything",
    "Inverted mask": "Inverted protection",
    "Grew mask": "Grew protection",
    "Shrank mask": "Shrank protection",
    "Feathered mask": "Feathered protection",
}


class PictureActs(QObject):
    """Everything here can be undone, so nothing here asks."""

    changed = Signal()  # what a stroke does: protects, or repairs at once

    def __init__(self, editing: Editing, choices: Choices, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._editing = editing
        self._choices = choices
        self.protecting = False

    @property
    def ways(self) -> tuple[Way, ...]:
        """To do what needs no mask, for the picture in hand."""
        return ways(self._editing.cards)

    # ---------------------------------------------------------------------------------------- strokes
    def take_stroke(self, stroke: Stroke) -> bool:
        """A finished stroke of a masking tool. False where it was refused."""
        if not self._editing.stroke(stroke, protects=self.protecting):
            return False
        if self._choices.now.after_each_stroke and not self.protecting and not stroke.erase:
            self._ask_repair(joined=True)
        return True

    def toggle_protect(self) -> None:
        self.protecting = not self.protecting
        self.changed.emit()

    def toggle_after_each_stroke(self) -> None:
        self._choices.change(after_each_stroke=not self._choices.now.after_each_stroke)

    # ---------------------------------------------------------------------------------------- history
    def undo(self) -> None:
        self._editing.attempt(lambda session: session.undo())

    def redo(self) -> None:
        self._editing.attempt(lambda session: session.redo())

    def go_to(self, position: int) -> None:
        self._editing.attempt(lambda session: session.go_to(position))

    # ------------------------------------------------------------------------------------------ masks
    def mask_everything(self) -> None:
        self._set("Masked everything", lambda mask: masks.full(mask.bounds))

    def invert_mask(self) -> None:
        self._set("Inverted mask", masks.invert)

    def grow_mask(self) -> None:
        step = self._choices.now.mask_step
        self._set("Grew mask", lambda mask: masks.grow(mask, step))

    def shrink_mask(self) -> None:
        step = self._choices.now.mask_step
        self._set("Shrank mask", lambda mask: masks.shrink(mask, step))

    def feather_mask(self) -> None:
        step = self._choices.now.mask_step
        self._set("Feathered mask", lambda mask: masks.feather(mask, step))

    def clear_mask(self) -> None:
        if self.protecting:
            self.clear_protection()
        else:
            self._editing.attempt(lambda session: session.clear_mask())

    def clear_protection(self) -> None:
        self._editing.attempt(lambda session: session.clear_protection())

    def reselect_mask(self) -> None:
        self._editing.attempt(lambda session: session.reselect_mask())

    def _set(self, title: str, work: Callable[[Raster], Raster]) -> None:
        """Of the mask, or of the protection while that is what the tools paint."""
        self._editing.change_mask(OF_PROTECTION[title] if self.protecting else title, work, protects=self.protecting)

    # ------------------------------------------------------------------------------------- operations
    def repair(self) -> None:
        self._ask_repair(joined=False)

    def run_operation(self, name: str) -> None:
        """A command's one-click operation: the first way that the panel offers for it."""
        for way in self.ways:
            if way.id.partition(":")[0] == name:
                self.run_way(way.id, None)
                return

    def run_way(self, way_id: str, strength: float | None) -> None:
        for way in self.ways:
            if way.id == way_id:
                now = self._choices.now
                operation = way.operation(strength, thorough=now.thorough)
                self._editing.ask(operation, card=way.card, device=now.device)
                return

    def choose_method(self, method: str) -> None:
        self._choices.change(method=method)

    def _ask_repair(self, *, joined: bool) -> None:
        now = self._choices.now
        method = usable_method(now.method, self._editing.cards)
        operation = Repair(method=method, grain=now.grain)  # type: ignore[arg-type]  # settings allow only these
        self._editing.ask(operation, device=now.device, joined=joined)
