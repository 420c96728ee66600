"""Desk: the open pictures, and the one in hand."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from restorer_app.core.raster import Pixels, Source
from restorer_app.files.picture import Picture
from restorer_app.session.change import Change
from restorer_app.ui.document import Document


class Desk(QObject):
    """What lies on it and in which order; knows no widget, no file and no job."""

    documents_changed = Signal()
    leaving = Signal()  # another picture is about to be taken in hand
    closing = Signal()  # a picture is about to be let go, whatever is still wanted of the one in hand
    closed = Signal(object)  # Document
    current_changed = Signal()
    arrived = Signal(object)  # Document
    changed = Signal(object)  # Change of the picture in hand
    frame_changed = Signal()  # a thumbnail or a mark of the film strip

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.documents: list[Document] = []
        self.current: Document | None = None

    # ------------------------------------------------------------------------------------ coming, going
    def lay(self, document: Document, *, page_beside: Document | None = None) -> None:
        """Another picture is open; another page of it gives its place up, or stays beside it if it holds work."""
        document.session.listen(lambda change: self._session_changed(document, change))
        if page_beside is None or page_beside not in self.documents:
            self.documents.append(document)
        else:
            self._lay_beside(page_beside, document)
        self.documents_changed.emit()

    def _lay_beside(self, page: Document, document: Document) -> None:
        self.closing.emit()  # a stroke of it may not have landed yet
        place = self.documents.index(page)
        if page.session.is_changed or page.session.pending or page.loose:
            self.documents.insert(place + (document.picture.page > page.picture.page), document)
        else:
            self.documents[place] = document
            self._let_go(page)

    def close(self, place: int) -> None:
        """Lets a picture go; whoever calls has asked about unsaved work."""
        self.closing.emit()
        document = self.documents.pop(place)
        self._let_go(document)
        if document is self.current:
            left = min(place, len(self.documents) - 1)
            self.current = self.documents[left] if left >= 0 else None
            self.current_changed.emit()
        self.documents_changed.emit()

    def _let_go(self, document: Document) -> None:
        self.closed.emit(document)
        document.session.unlisten()  # or the two hold each other, and all pixels, until Python looks for such rings

    def clear(self) -> None:
        """The program ends."""
        self.documents.clear()

    # ------------------------------------------------------------------------------------- which is in hand
    def show(self, place: int) -> None:
        if 0 <= place < len(self.documents) and self.documents[place] is not self.current:
            self.leaving.emit()
            self.current = self.documents[place]
            self.current_changed.emit()

    def show_beside(self, by: int) -> None:
        if self.current is not None and self.documents:
            self.show((self.documents.index(self.current) + by) % len(self.documents))

    # ------------------------------------------------------------------------------------------ what is
    @property
    def unsaved(self) -> list[Document]:
        return [document for document in self.documents if document.session.is_unsaved or document.session.pending]

    def document_of(self, picture: Picture) -> Document | None:
        return next((one for one in self.documents if one.picture is picture), None)

    def take_overview(self, source: Source, overview: Pixels) -> None:
        """The canvas has seen all of a source: thumbnails need no guess any more."""
        for document in self.documents:
            if document.picture.source is source:
                document.take_overview(overview)
                self.frame_changed.emit()

    def _session_changed(self, document: Document, change: Change) -> None:
        if change.what in ("history", "saved"):
            self.frame_changed.emit()
        if document is self.current:
            self.changed.emit(change)
