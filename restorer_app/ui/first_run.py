"""The empty state: how to begin, with the samples and the recent files."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPainter, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from restorer_app.ui.icons import pixmap
from restorer_app.ui.pieces import LINK, button, label
from restorer_app.ui.theme import DARK, Colours
from restorer_app.ui.wording import shortened

SAMPLE = QSize(188, 131)
LEAST_SAMPLE = 96  # wide
CARD_WIDTH = 760
_AROUND, _SIDE, _BETWEEN = 16, 32, 16  # the card, its words, and from sample to sample
_MOST_LETTERS = 80  # of a recent file's name
_AROUND_SAMPLE = 18  # what a button keeps beside its picture
_INSET = 6  # what the buttons of the pictures keep around themselves: they start where the headings do


@dataclass(frozen=True, slots=True)
class Sample:
    """A damaged photograph that comes with the program."""

    path: Path
    title: str
    thumb: Path


class FirstRun(QScrollArea):
    """Stands where the picture will be."""

    open_asked = Signal()
    chosen = Signal(str)  # path of a sample or a recent file
    keys_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("empty")
        self.setAccessibleName(self.tr("How to begin"))
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self._colours = DARK
        self._steps: list[tuple[QLabel, str]] = []
        self._card = QWidget()
        self._card.setObjectName("firstRun")
        self._card.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._card.setMaximumWidth(CARD_WIDTH)
        self._card.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._samples = QHBoxLayout()
        self._samples.setSpacing(_BETWEEN)
        self._recent = QVBoxLayout()
        self._recent.setSpacing(0)
        self._sample_words = label(self.tr("Or try it on a damaged photograph"), rank="heading")
        self._recent_words = label(self.tr("Opened lately"), rank="heading")
        self._lay_out()
        self.show_samples(())
        self.show_recent([])
        page = QWidget()
        page.setObjectName("emptyPage")
        self.setWidget(page)
        outer = QVBoxLayout(page)
        outer.setContentsMargins(_AROUND, _AROUND, _AROUND, _AROUND)
        outer.addStretch(1)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self._card, 100)
        row.addStretch(1)
        outer.addLayout(row)
        outer.addStretch(2)

    def _lay_out(self) -> None:
        open_button = button(self.tr("Open a picture…"), rank="primary")
        open_button.clicked.connect(self.open_asked)
        keys = self._keys = button(self.tr("Keys and gestures (F1)"), rank="link")
        keys.clicked.connect(self.keys_asked)
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(open_button)
        row.addWidget(label(self.tr("or drop files here, or paste"), rank="dim", wraps=True))
        row.addStretch(1)
        row.addWidget(keys)
        title = label(self.tr("Paint over the damage. Watch it heal."), rank="title", wraps=True)
        promise = label(
            self.tr("Everything outside your strokes stays as it is, to the last bit; saving proves it."),
            rank="dim",
            wraps=True,
        )
        steps = self._make_steps()
        for part in (title, promise, steps, row, self._sample_words, self._recent_words):
            part.setContentsMargins(_INSET, 0, 0, 0)
        self._recent.setContentsMargins(_INSET - LINK, 0, 0, 0)
        column = QVBoxLayout(self._card)
        column.setContentsMargins(_SIDE - _INSET, 28, _SIDE, 28)
        column.setSpacing(0)
        column.addWidget(title)
        column.addSpacing(4)
        column.addWidget(promise)
        column.addSpacing(24)
        column.addLayout(steps)
        column.addSpacing(24)
        column.addLayout(row)
        column.addSpacing(24)
        column.addWidget(self._sample_words)
        column.addSpacing(8)
        column.addLayout(self._samples)
        column.addSpacing(16)
        column.addWidget(self._recent_words)
        column.addSpacing(4)
        column.addLayout(self._recent)

    def _make_steps(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(24)
        for place, (name, title, text) in enumerate(
            (
                ("brush", self.tr("1  Paint"), self.tr("B, then draw over a scratch. [ and ] change the size.")),
                (
                    "repair",
                    self.tr("2  Repair"),
                    self.tr("Enter, or the button Repair, fills it from its surroundings."),
                ),
                ("compare", self.tr("3  Compare, save"), self.tr("Hold \\ for the original. Ctrl+S saves a copy.")),
            )
        ):
            picture = QLabel()
            self._steps.append((picture, name))
            column = QVBoxLayout()
            column.setSpacing(4)
            column.addWidget(picture)
            column.addWidget(label(title, rank="strong"))
            column.addWidget(label(text, rank="dim", wraps=True))
            column.addStretch(1)
            grid.addLayout(column, 0, place)
            grid.setColumnStretch(place, 1)
        return grid

    def show_samples(self, samples: tuple[Sample, ...]) -> None:
        _empty(self._samples)
        for sample in samples[:3]:
            self._samples.addWidget(self._sample_button(sample))
        self._samples.addStretch(1)
        self._sample_words.setVisible(bool(samples))
        self._order_tabs()

    def show_recent(self, paths: list[Path]) -> None:
        _empty(self._recent)
        for path in paths[:4]:
            made = button(shortened(path.name, _MOST_LETTERS), rank="link", hint=str(path))
            made.clicked.connect(lambda _checked=False, path=path: self.chosen.emit(str(path)))
            self._recent.addWidget(made, 0, Qt.AlignmentFlag.AlignLeft)
        self._recent_words.setVisible(bool(paths))
        self._order_tabs()

    def _order_tabs(self) -> None:
        """As the eye goes: what is made later would come after every panel of the window."""
        items = [layout.itemAt(place) for layout in (self._samples, self._recent) for place in range(layout.count())]
        made = [item.widget() for item in items if item is not None]
        for one, other in itertools.pairwise([self._keys, *(each for each in made if each is not None)]):
            QWidget.setTabOrder(one, other)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A narrow window gets smaller samples, and no scroll bar for the third."""
        super().resizeEvent(event)
        for made in self._card.findChildren(QToolButton):
            self._fit(made)

    def _fit(self, made: QToolButton) -> None:
        size, title = self._sample_size(), made.text().replace("\n", " ")
        made.setIconSize(size)
        # a title may be wider than its picture
        made.setText(title if size == SAMPLE else title.replace(", ", ",\n", 1))

    def _sample_size(self) -> QSize:
        page = self.width() - self.verticalScrollBar().sizeHint().width()  # whether it is shown or not
        room = min(page - 2 * _AROUND, CARD_WIDTH) - 2 * _SIDE
        most = (room - 2 * _BETWEEN) // 3 - _AROUND_SAMPLE
        return SAMPLE.scaled(max(most, LEAST_SAMPLE), SAMPLE.height(), Qt.AspectRatioMode.KeepAspectRatio)

    def wear(self, colours: Colours) -> None:
        self._colours = colours
        for picture, name in self._steps:
            picture.setPixmap(pixmap(name, colours.accent, size=24, ratio=self.devicePixelRatioF()))

    def _sample_button(self, sample: Sample) -> QToolButton:
        made = QToolButton()
        made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        made.setIcon(QIcon(_filled(QPixmap(str(sample.thumb)))))
        made.setText(sample.title)
        self._fit(made)
        made.setToolTip(self.tr("Open {name}").format(name=sample.path.name))
        made.setAccessibleName(self.tr("Sample: {title}").format(title=sample.title))
        made.clicked.connect(lambda: self.chosen.emit(str(sample.path)))
        return made


def _filled(picture: QPixmap) -> QPixmap:
    """Cut to the shape of the button, so that portraits and landscapes stand in one row."""
    if picture.isNull():
        return picture
    ratio = 2
    whole = QPixmap(SAMPLE * ratio)
    scaled = picture.scaled(
        whole.size(), Qt.AspectRatioMode.KeepAspectRatioByExpanding, Qt.TransformationMode.SmoothTransformation
    )
    with QPainter(whole) as painter:
        painter.drawPixmap((whole.width() - scaled.width()) // 2, (whole.height() - scaled.height()) // 2, scaled)
    whole.setDevicePixelRatio(ratio)
    return whole


def _empty(layout: QHBoxLayout | QVBoxLayout) -> None:
    while layout.count():
        item = layout.takeAt(0)
        widget = item.widget() if item is not None else None
        if widget is not None:
            widget.deleteLater()
