"""The settings dialog: what a person may choose once and then forget."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from restorer_app.session.settings import Settings
from restorer_app.ui.pieces import ElidedLabel, button, label, make_primary
from restorer_app.ui.wording import THIN


class SettingsDialog(QDialog):
    """Shows one value and gives back another; what is seen changes only on OK."""

    def __init__(self, settings: Settings, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Settings"))
        self._before = settings
        self._profile_path = settings.display_profile
        self._theme = _choice(
            {"system": self.tr("As the system"), "dark": self.tr("Dark"), "light": self.tr("Light")}, settings.theme
        )
        self._motion = _choice(
            {"system": self.tr("As the system"), "less": self.tr("None"), "full": self.tr("Where it explains")},
            settings.motion,
        )
        self._colour = _choice({"cyan": self.tr("Cyan"), "orange": self.tr("Orange")}, settings.overlay_colour)
        self._opacity = _Share(10, 100, round(settings.overlay_opacity * 100))
        self._surround = _choice(
            {"-1": self.tr("As the theme"), "32": self.tr("Nearly black"), "92": self.tr("Dark grey"),
             "141": self.tr("Grey"), "200": self.tr("Light grey")},
            str(settings.surround),
        )  # fmt: skip
        self._device = _choice(
            {"auto": self.tr("The best there is"), "cpu": self.tr("CPU"), "cuda": self.tr("Graphics card (CUDA)")},
            settings.device,
        )
        self._grain = _Share(0, 200, round(settings.grain * 100))
        self._memory = _Share(10, 90, round(settings.memory_share * 100))
        self._profile = ElidedLabel(settings.display_profile or self.tr("sRGB"))
        form = QFormLayout()
        form.setHorizontalSpacing(24)
        form.setVerticalSpacing(12)
        for text, field in (
            (self.tr("Theme"), self._theme),
            (self.tr("Motion"), self._motion),
            (self.tr("Grey around the picture"), self._surround),
            (self.tr("Colour of the mask"), self._colour),
            (self.tr("Opacity of the mask"), self._opacity),
            (self.tr("Profile of the screen"), self._profile_row()),
            (self.tr("Compute on"), self._device),
            (self.tr("Grain in repairs"), self._grain),
            (self.tr("Memory it may take"), self._memory),
        ):
            field.setAccessibleName(text)
            form.addRow(label(text), field)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        make_primary(buttons, QDialogButtonBox.StandardButton.Ok)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(20)
        column.addLayout(form)
        column.addWidget(label(self.tr("Memory counts from the next start."), rank="dim"))
        column.addWidget(buttons)
        self.setMinimumWidth(520)

    @property
    def chosen(self) -> Settings:
        return replace(
            self._before,
            theme=self._theme.currentData(),
            motion=self._motion.currentData(),
            overlay_colour=self._colour.currentData(),
            overlay_opacity=self._opacity.value() / 100,
            surround=int(self._surround.currentData()),
            device=self._device.currentData(),
            grain=self._grain.value() / 100,
            memory_share=self._memory.value() / 100,
            display_profile=self._profile_path,
        )

    def _profile_row(self) -> QWidget:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        choose = button(self.tr("Choose…"))
        plain = button(self.tr("sRGB"))
        choose.clicked.connect(self._choose_profile)
        plain.clicked.connect(lambda: self._show_profile(""))
        row.addWidget(self._profile, 1)
        row.addWidget(choose)
        row.addWidget(plain)
        return holder

    def _choose_profile(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(
            self, self.tr("Profile of the screen"), "", self.tr("ICC profiles (*.icc *.icm)")
        )
        if chosen:
            self._show_profile(chosen)

    def _show_profile(self, path: str) -> None:
        self._profile_path = path
        self._profile.set_whole(path or self.tr("sRGB"))


def _choice(texts: dict[str, str], chosen: str) -> QComboBox:
    box = QComboBox()
    for value, text in texts.items():
        box.addItem(text, value)
    box.setCurrentIndex(max(0, box.findData(chosen)))
    return box


class _Share(QWidget):
    """A slider in per cent that says its number."""

    def __init__(self, least: int, most: int, value: int) -> None:
        super().__init__()
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._number = label(rank="dim")
        self._number.setMinimumWidth(44)
        self._number.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._slider.valueChanged.connect(lambda now: self._number.setText(f"{now}{THIN}%"))
        self._slider.setRange(least, most)
        self._slider.setValue(value)
        self.setFocusProxy(self._slider)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._slider, 1)
        row.addWidget(self._number)

    def setAccessibleName(self, name: str) -> None:
        self._slider.setAccessibleName(name)

    def value(self) -> int:
        return self._slider.value()
