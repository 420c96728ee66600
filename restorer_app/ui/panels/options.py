"""The options bar: what the tool in hand can be told, and the mask's own buttons; nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QFont, QFontMetrics, QIcon, QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSpinBox,
    QToolBar,
    QToolButton,
    QWidget,
)

from restorer_app.ui.pieces import GivingCheckBox, button, label, set_rank

ROUND = frozenset({"brush", "restore", "clone"})
_STEP_BEHIND = "mask.feather"  # the last of the three buttons that the number is for
_UNBOUNDED = 16_777_215  # Qt's word for no maximum
_LEAST_BOX, _BARE_BOX = 64, 26  # some letters; the box to tick alone
_AROUND_REPAIR = 24
_BETWEEN, _ENDS = 5, 12  # of two parts; what the bar keeps at its ends
MASKING = frozenset({"brush", "lasso", "box"})


@dataclass(frozen=True, slots=True)
class Method:
    """A way to repair, in plain words."""

    id: str
    title: str
    hint: str  # what it does to the evidence
    available: bool = True


class OptionsBar(QToolBar):
    """Takes values, tells what a hand chose."""

    size_chosen = Signal(float)
    hardness_chosen = Signal(float)
    pressure_chosen = Signal(bool)
    method_chosen = Signal(str)
    after_each_stroke_chosen = Signal(bool)
    mask_step_chosen = Signal(int)
    left = Signal()  # a value was entered: the picture wants the keys back

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("options")
        self.setWindowTitle(self.tr("Options of the tool"))
        self.setMovable(False)
        self.setFloatable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        # the picture does not jump when another tool has other options; what a narrow window has no room for unfolds
        self.setMinimumHeight(46)
        self._groups: list[tuple[QAction, frozenset[str]]] = []
        self._tool = ""
        self._size = self._make_size()
        self._hardness = self._make_hardness()
        self._of: dict[str, QToolButton] = {}  # buttons of the mask, by their commands
        self._words: list[QLabel] = []  # of the fields; first to go where there is no room
        self._pressure = GivingCheckBox(self.tr("Pressure"))
        self._pressure.setToolTip(self.tr("A pen’s pressure sets the size"))
        self._pressure.toggled.connect(self.pressure_chosen)
        self._method = QComboBox()
        self._methods_shown: tuple[tuple[Method, ...], str] = ((), "")
        self._method.setAccessibleName(self.tr("Method of repair"))
        self._method.activated.connect(self._tell_method)
        self._repair = button(self.tr("Repair"), rank="compact")
        self._repair.setAccessibleName(self.tr("Repair what is painted"))
        self._repair_icon = QIcon()
        self._stroke = GivingCheckBox(self.tr("Repair after each stroke"))
        self._stroke.toggled.connect(self.after_each_stroke_chosen)
        self._mask_step = self._make_mask_step()
        self._mask_step_shown = -1
        self._hint = label(rank="dim")
        for box in (self._size, self._hardness, self._mask_step):
            box.lineEdit().setTextMargins(6, 0, 0, 0)  # a style sheet's padding does not reach it
        self._fill()

    def set_repair_action(self, action: QAction) -> None:
        """What comes after painting, in sight: it lights up as soon as something is painted."""
        self._repair.clicked.connect(action.trigger)
        self._repair.clicked.connect(self.left)

        def show() -> None:
            self._repair.setEnabled(action.isEnabled())
            self._repair.setToolTip(action.toolTip())
            self._repair_icon = action.icon()
            set_rank(self._repair, "outlined", on=action.isEnabled())

        action.changed.connect(show)
        show()

    def add_mask_actions(self, actions: list[QAction]) -> None:
        """Buttons of the mask at the right end; they show only with a tool that paints it."""
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        for action in actions:
            made = QToolButton()
            made.setDefaultAction(action)
            made.setAutoRaise(True)
            made.setIconSize(QSize(18, 18))
            made.setFixedSize(QSize(32, 30))
            made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
            made.setAccessibleName(action.text())
            row.addWidget(made)
            self._of[action.objectName()] = made
            if action.objectName() == _STEP_BEHIND:
                row.addWidget(self._mask_step)
                row.addSpacing(6)
        self._groups.append((self.addWidget(holder), MASKING))

    def show_tool(self, tool: str) -> None:
        if tool == self._tool:
            return  # told after every stroke, and fitting costs as much as a paint
        self._tool = tool
        self._hint_action.setVisible(bool(self._hint.text()))
        self._fit()

    def show_protecting(self, *, on: bool) -> None:
        """The buttons load and save what the tools paint."""
        for name in ("mask.load", "mask.save"):
            self._of[name].setVisible(not on)
            self._of[f"{name}_protection"].setVisible(on)

    def show_hint(self, text: str) -> None:
        self._hint.setText(text)
        self._hint_action.setVisible(bool(text))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _unfold(self) -> None:
        """Everything that the tool in hand can be told, with all its words."""
        for action, tools in self._groups:
            action.setVisible(self._tool in tools)
        for word in self._words:
            word.show()
        for box in (self._stroke, self._pressure):
            box.setMaximumWidth(_UNBOUNDED)
        self._show_repair_as(QIcon(), self.tr("Repair"))

    def _fit(self) -> None:
        """In a narrow window words give way before a button does: of the fields first, then of the boxes to tick."""
        self._unfold()
        if self._excess() > 0:
            for word in self._words:
                word.hide()
        for box, least in ((self._stroke, _LEAST_BOX), (self._pressure, _BARE_BOX), (self._stroke, _BARE_BOX)):
            excess = self._excess()
            if excess > 0 and not box.isHidden():
                box.setMaximumWidth(max(min(box.sizeHint().width(), box.maximumWidth()) - excess, least))
        if self._excess() > 0:
            self._show_repair_as(self._repair_icon, "")
        for action in self._last_resort:  # both have keys or commands
            if self._excess() > 0:
                action.setVisible(False)

    def _show_repair_as(self, icon: QIcon, text: str) -> None:
        font = QFont(self._repair.font())
        font.setWeight(QFont.Weight.DemiBold)  # as it is when it lights up: then nothing beside it moves
        words = QFontMetrics(font).horizontalAdvance(text) if text else self._repair.iconSize().width()
        self._repair.setFixedWidth(words + _AROUND_REPAIR)
        self._repair.setText(text)
        self._repair.setIcon(icon)

    def _excess(self) -> int:
        shown = [self.widgetForAction(action) for action in self.actions() if action.isVisible()]
        for part in shown:
            layout = part.layout()
            if layout is not None:
                layout.invalidate()
        wanted = sum(part.sizeHint().width() for part in shown if part is not self._gap)
        return wanted + _BETWEEN * len(shown) + _ENDS - self.width()

    def show_brush(self, *, size: float, hardness: float, pressure: bool) -> None:
        for box, value in ((self._size, size), (self._hardness, round(hardness * 100))):
            box.blockSignals(True)
            box.setValue(value)  # type: ignore[arg-type]  # one takes a float, the other a whole number
            box.blockSignals(False)
        self._pressure.blockSignals(True)
        self._pressure.setChecked(pressure)
        self._pressure.blockSignals(False)

    def show_methods(self, methods: tuple[Method, ...], chosen: str) -> None:
        if (methods, chosen) == self._methods_shown:
            return  # an open list stays as it is
        self._methods_shown = (methods, chosen)
        self._method.blockSignals(True)
        self._method.clear()
        for place, method in enumerate(methods):
            self._method.addItem(method.title, method.id)
            self._method.setItemData(place, method.hint, Qt.ItemDataRole.ToolTipRole)
            if not method.available:
                self._method.setItemData(place, 0, Qt.ItemDataRole.UserRole - 1)  # Qt's way to grey an entry
            if method.id == chosen:
                self._method.setCurrentIndex(place)
                self._method.setToolTip(method.hint)
                self._method.setAccessibleDescription(method.hint)
        self._method.blockSignals(False)

    def show_after_each_stroke(self, *, on: bool) -> None:
        self._stroke.blockSignals(True)
        self._stroke.setChecked(on)
        self._stroke.blockSignals(False)

    def show_mask_step(self, pixels: int) -> None:
        if pixels == self._mask_step_shown:
            return  # what is just being typed there stays
        self._mask_step_shown = pixels
        self._mask_step.blockSignals(True)
        self._mask_step.setValue(pixels)
        self._mask_step.blockSignals(False)

    def show_editable(self, *, editable: bool) -> None:
        for part in (self._size, self._hardness, self._pressure, self._method, self._stroke, self._mask_step):
            part.setEnabled(editable)

    def _fill(self) -> None:
        self._add(self._labelled(self.tr("Size"), self._size), ROUND)
        hardness = self._add(self._labelled(self.tr("Hardness"), self._hardness), ROUND)
        pressure = self._add(self._spaced(self._pressure), ROUND)
        self._last_resort = (pressure, hardness)
        self._add(self._labelled(self.tr("Method"), self._method), MASKING)
        self._add(self._spaced(self._repair), MASKING)
        self._add(self._spaced(self._stroke), MASKING)
        self._hint_action = self.addWidget(self._hint)
        self._gap = QWidget()
        self._gap.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(self._gap)

    def _add(self, widget: QWidget, tools: frozenset[str]) -> QAction:
        action = self.addWidget(widget)
        self._groups.append((action, tools))
        return action

    def _labelled(self, text: str, box: QWidget) -> QWidget:
        name = label(text, rank="dim")
        name.setBuddy(box)
        self._words.append(name)
        box.setAccessibleName(box.accessibleName() or text)
        return self._spaced(name, box)

    @staticmethod
    def _spaced(*parts: QWidget) -> QWidget:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(8, 0, 8, 0)
        row.setSpacing(8)
        for part in parts:
            row.addWidget(part)
        return holder

    def _make_size(self) -> QDoubleSpinBox:
        box = QDoubleSpinBox()
        box.setRange(1, 5000)
        box.setDecimals(0)
        box.setSuffix(self.tr(" px"))
        box.setFixedWidth(88)
        box.setKeyboardTracking(False)
        box.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        box.setToolTip(self.tr("Diameter in pixels of the picture: [ and ], Alt+wheel"))
        box.valueChanged.connect(self.size_chosen)
        box.lineEdit().returnPressed.connect(self.left)
        return box

    def _make_hardness(self) -> QSpinBox:
        box = QSpinBox()
        box.setRange(0, 100)
        box.setSingleStep(5)
        box.setSuffix(self.tr(" %"))
        box.setFixedWidth(76)
        box.setKeyboardTracking(False)
        box.setToolTip(self.tr("100 % has an edge of one pixel: Shift+[ and Shift+]"))
        box.valueChanged.connect(lambda value: self.hardness_chosen.emit(value / 100))
        box.lineEdit().returnPressed.connect(self.left)
        return box

    def _make_mask_step(self) -> QSpinBox:
        box = QSpinBox()
        box.setRange(1, 200)
        box.setSuffix(self.tr(" px"))
        box.setFixedWidth(72)
        box.setKeyboardTracking(False)
        box.setAccessibleName(self.tr("Pixels to grow, shrink or feather by"))
        box.setToolTip(self.tr("Pixels by which the mask grows, shrinks or is feathered at a time"))
        box.valueChanged.connect(self.mask_step_chosen)
        box.lineEdit().returnPressed.connect(self.left)
        return box

    def _tell_method(self, place: int) -> None:
        self._method.setToolTip(str(self._method.itemData(place, Qt.ItemDataRole.ToolTipRole)))
        self.method_chosen.emit(str(self._method.itemData(place)))
        self.left.emit()
