"""Guidance: what a person is told of a picture when it comes into the hand."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from restorer_app.files.tiff import holds_levels
from restorer_app.ui.acts.files import own_samples
from restorer_app.ui.document import Document
from restorer_app.ui.notice import Told
from restorer_app.ui.room import obstacle


class Guidance(QObject):
    """Each thing once, and only what will matter later."""

    told = Signal(object)  # Told

    def welcome(self, document: Document) -> None:
        """A picture is in hand, perhaps again."""
        self._tell_how_to_begin(document)
        self._tell_what_is_special(document)

    def tell_view_only(self, document: Document) -> None:
        if not document.picture.editable:
            told = self.tr("{name} can only be viewed.").format(name=document.name)
            self.told.emit(Told(told, document.picture.reason, warns=False))

    def tell_unreadable(self, problem: str) -> None:
        kept = self.tr("What is in sight stays, and so does every finished step; put the file back and open it again.")
        self.told.emit(Told(problem, kept))

    def _tell_how_to_begin(self, document: Document) -> None:
        """A newcomer with a sample is told the next thing to do, once."""
        if document.path.parent != own_samples() or len(document.session.history) > 1:
            return
        first = self.tr("Paint along a scratch, then press Enter or Repair.")
        narrow = self.tr("[ makes the brush smaller.")
        then = self.tr("Hold \\ to see the original, Ctrl+Z takes it back, Ctrl+S saves a copy and proves it.")
        self.told.emit(Told(first, f"{narrow} {then}", warns=False))

    def _tell_what_is_special(self, document: Document) -> None:
        """Once: what saving this file will do otherwise than with most, and what is wrong with it."""
        picture = document.picture
        if document.is_told_of or not picture.editable:
            return
        document.is_told_of = True
        if why := obstacle(picture):
            advice = self.tr("Saving will ask for another folder; everything else works as always.")
            self.told.emit(Told(why, advice, warns=False))
        elif not picture.patchable:
            told = self.tr("{name} will be saved as a new TIFF.").format(name=document.name)
            self.told.emit(Told(told, picture.reason, warns=False))
        elif holds_levels(picture):  # a viewer that takes a smaller copy from the saved file would show the damage
            told = self.tr("{name} holds smaller copies of its picture, which a repair does not reach by itself.")
            advice = self.tr("“Save restoration as…” can carry it into them.")
            self.told.emit(Told(told.format(name=document.name), advice, warns=False))
