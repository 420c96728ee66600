"""The one-click panel: a card for each operation that can run, a strength, a preview on a piece."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from restorer_app.ui.icons import pixmap
from restorer_app.ui.pieces import Card, Column, GivingCheckBox, button, label, set_rank
from restorer_app.ui.theme import Colours

PREVIEW_DELAY_MS = 250  # a slider in motion asks once it rests, not for every step


@dataclass(frozen=True, slots=True)
class Offer:
    """One operation as the panel shows it."""

    id: str
    title: str
    detail: str  # what it would do here, in a few words
    icon: str = "repair"
    hint: str = ""  # a sentence on what it does to the evidence
    available: bool = True
    has_strength: bool = False
    looks: bool = False  # a network, which can look more often
    button: str = ""  # "Run" where empty


class OneClickPanel(Column):
    """Cards in a column; the chosen one has the strength slider and the preview."""

    run_asked = Signal(str, object)  # offer's id; strength 0 to 1, or None for as much as the picture needs
    preview_asked = Signal(str, object)
    preview_ended = Signal()
    thorough_chosen = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._offers: tuple[Offer, ...] | None = None  # until the models have been looked for
        self._cards: dict[str, _OfferCard] = {}
        self._current = ""
        self._colours: Colours | None = None
        self._column = QVBoxLayout()
        self._column.setSpacing(8)
        self._none = label(
            self.tr("No models are installed. Repairs by patch and the classical ways still work."),
            rank="dim",
            wraps=True,
        )
        self._none.hide()
        self._fields = _Fields(self)
        self._fields.thorough.toggled.connect(self.thorough_chosen)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PREVIEW_DELAY_MS)
        self._timer.timeout.connect(self._ask_preview)
        self._fields.changed.connect(self._preview_if_on)
        self._fields.preview.toggled.connect(self._preview_toggled)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(16, 4, 12, 8)
        outer.setSpacing(8)
        outer.addLayout(self._column)
        outer.addWidget(self._none)
        outer.addStretch(1)
        self._fields.hide()

    @property
    def strength(self) -> float | None:
        return self._fields.value() if self._takes_strength() else None

    @property
    def current(self) -> str:
        return self._current

    def show_offers(self, offers: tuple[Offer, ...]) -> None:
        """Shows exactly these; the chosen one stays chosen where it is still there."""
        if offers == self._offers:
            return
        self._offers = offers
        if [card.offer.id for card in self._cards.values()] == [offer.id for offer in offers]:
            for offer in offers:
                self._cards[offer.id].show_offer(offer)
        else:
            self._rebuild()
        self._none.setVisible(not offers)
        ids = [offer.id for offer in offers]
        self.choose(self._current if self._current in ids else (ids[0] if ids else ""))

    def choose(self, offer_id: str) -> None:
        if offer_id != self._current:
            self.end_preview()
        self._current = offer_id
        for known, card in self._cards.items():
            card.set_chosen(known == offer_id)
        self._place_fields()

    def show_thorough(self, *, on: bool) -> None:
        self._fields.thorough.setChecked(on)

    def _place_fields(self) -> None:
        """Right under the card that they are for."""
        offer = self._offer()
        strength, looks = offer is not None and offer.has_strength, offer is not None and offer.looks
        self._column.removeWidget(self._fields)
        if strength or looks:
            self._column.insertWidget(list(self._cards).index(self._current) + 1, self._fields)
        self._fields.show_for(strength=strength, looks=looks)
        in_order: list[QWidget] = []
        for known, card in self._cards.items():
            in_order += [card.button, *(self._fields.in_order if known == self._current else ())]
        for one, other in itertools.pairwise(in_order):
            QWidget.setTabOrder(one, other)

    def end_preview(self) -> None:
        self._fields.preview.setChecked(False)

    def wear(self, colours: Colours) -> None:
        self._colours = colours
        for card in self._cards.values():
            card.wear(colours)

    def _rebuild(self) -> None:
        for card in self._cards.values():
            self._column.removeWidget(card)
            card.deleteLater()
        self._cards = {}
        before = self._fields.before_in_focus_order()
        for offer in self._offers or ():
            card = _OfferCard(offer)
            card.chosen.connect(self.choose)
            card.run_asked.connect(self._run)
            if self._colours is not None:
                card.wear(self._colours)
            self._cards[offer.id] = card
            self._column.addWidget(card)
            QWidget.setTabOrder(before, card.button)  # cards come and go; what follows the panel stays after them
            before = card.button

    def _run(self, offer_id: str) -> None:
        self.choose(offer_id)
        self.end_preview()
        self.run_asked.emit(offer_id, self.strength)

    def _offer(self) -> Offer | None:
        """The chosen one, where it can be had."""
        return next((one for one in self._offers or () if one.id == self._current and one.available), None)

    def _takes_strength(self) -> bool:
        offer = self._offer()
        return offer is not None and offer.has_strength

    def _preview_if_on(self) -> None:
        if self._fields.preview.isChecked():
            self._timer.start()

    def _preview_toggled(self, on: bool) -> None:
        if on:
            self._ask_preview()
        else:
            self._timer.stop()
            self.preview_ended.emit()

    def _ask_preview(self) -> None:
        if self._fields.preview.isChecked() and self._takes_strength():
            self.preview_asked.emit(self._current, self.strength)


class _OfferCard(Card):
    """One operation: what it is called, what it would do, and its button."""

    chosen = Signal(str)
    run_asked = Signal(str)

    def __init__(self, offer: Offer) -> None:
        super().__init__()
        self.offer = offer
        self._icon = QLabel()
        self._icon.setFixedSize(QSize(20, 20))
        self._title = label(rank="strong", wraps=True)  # a long name must not push the button out of the panel
        self._detail = label(rank="dim", wraps=True)
        self.button = button("", rank="compact")
        self.button.setMinimumWidth(70)  # the chosen one's bold letters, or other words, make it no wider
        self.button.clicked.connect(lambda: self.run_asked.emit(self.offer.id))
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self._title)
        words.addWidget(self._detail)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 8, 8, 8)
        row.setSpacing(8)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        row.addWidget(self.button)
        self.show_offer(offer)

    def show_offer(self, offer: Offer) -> None:
        self.offer = offer
        self._title.setText(offer.title)
        self._detail.setText(offer.detail)
        self.button.setText(offer.button or self.tr("Run"))
        self.button.setEnabled(offer.available)
        self.button.setAccessibleName(f"{offer.title}: {self.button.text()}")
        self.button.setAccessibleDescription(offer.hint)
        self.setToolTip(offer.hint)
        self._title.setEnabled(offer.available)

    def set_chosen(self, chosen: bool) -> None:
        set_rank(self.button, "outlined", on=chosen and self.offer.available)

    def wear(self, colours: Colours) -> None:
        self._icon.setPixmap(pixmap(self.offer.icon, colours.dim, size=20, ratio=self.devicePixelRatioF()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.chosen.emit(self.offer.id)
        super().mousePressEvent(event)


class _Fields(QWidget):
    """How much: as the picture needs, or by hand; how thoroughly; and whether a piece shows it at once."""

    changed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setRange(0, 100)
        self._slider.setValue(50)
        self._slider.setPageStep(10)
        self._slider.setAccessibleName(self.tr("Strength"))
        self._number = label(rank="dim")
        self._number.setMinimumWidth(36)
        self._number.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._auto = GivingCheckBox(self.tr("Found from the picture"))
        self._auto.setChecked(True)
        self.thorough = GivingCheckBox(self.tr("Thorough"))
        self.thorough.setToolTip(
            self.tr(
                "The network looks four times instead of twice, each time otherwise turned, and the mean counts.\n"
                "A little nearer to the truth; takes twice as long."
            )
        )
        self.preview = GivingCheckBox(self.tr("Preview on a piece of the picture"))
        name = label(self.tr("Strength"), rank="dim")
        name.setBuddy(self._slider)
        self._of_strength = (name, self._slider, self._number, self._auto, self.preview)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(6)
        column.addLayout(_row((name, 0), (self._slider, 1), (self._number, 0)))
        column.addLayout(_row((self._auto, 0), (self.thorough, 1)))
        column.addWidget(self.preview)
        self._slider.valueChanged.connect(self._moved)
        self._auto.toggled.connect(self._switched)
        self.thorough.toggled.connect(self.changed)
        self._tell()

    def show_for(self, *, strength: bool, looks: bool) -> None:
        """What the chosen operation can be told; nothing where there is nothing."""
        for field in self._of_strength:
            field.setVisible(strength)
        self.thorough.setVisible(looks)
        self.setVisible(strength or looks)

    def value(self) -> float | None:
        return None if self._auto.isChecked() else self._slider.value() / 100

    @property
    def in_order(self) -> tuple[QWidget, ...]:
        return self._slider, self._auto, self.thorough, self.preview

    def before_in_focus_order(self) -> QWidget:
        """What Tab leaves for the slider; Qt orders only what can have the focus."""
        before: QWidget | None = self._slider.previousInFocusChain()
        while before is not None and before.focusPolicy() == Qt.FocusPolicy.NoFocus:
            before = before.previousInFocusChain()
        return before or self._slider

    def _moved(self) -> None:
        self._auto.setChecked(False)  # a hand on the slider means: not by itself
        self._tell()
        self.changed.emit()

    def _switched(self) -> None:
        self._tell()
        self.changed.emit()

    def _tell(self) -> None:
        self._number.setText(self.tr("auto") if self._auto.isChecked() else f"{self._slider.value()} %")


def _row(*parts: tuple[QWidget, int]) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(12)
    for part, stretch in parts:
        row.addWidget(part, stretch)
    return row
