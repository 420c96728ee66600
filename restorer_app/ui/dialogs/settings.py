"""The settings dialog: what a person may choose once and then forget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from restorer_app.session.settings import Settings
from restorer_app.ui.canvas.colour import screen_space
from restorer_app.ui.pieces import ElidedLabel, button, label, make_primary
from restorer_app.ui.wording import THIN


class SettingsDialog(QDialog):
    """Shows one value and gives back another; what is seen changes only on OK."""

    def __init__(self, settings: Settings, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Settings"))
        self._before = settings
        self._profile_path = settings.display_profile
        self._scratch_path = settings.scratch
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
        self._scratch = ElidedLabel(settings.scratch or self.tr("The usual place"))
        self._note = label(self.tr("Memory and the scratch folder count from the next start."), rank="dim", wraps=True)
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
            (self.tr("Scratch folder"), self._scratch_row()),
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
        column.addWidget(self._note)
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
            scratch=self._scratch_path,
        )

    def _profile_row(self) -> QWidget:
        return self._path_row(self._profile, self._choose_profile, self.tr("sRGB"), lambda: self._show_profile(""))

    def _scratch_row(self) -> QWidget:
        row = self._path_row(self._scratch, self._choose_scratch, self.tr("Usual"), lambda: self._show_scratch(""))
        row.setToolTip(self.tr("Pixels of open pictures, deleted on closing: a fast disc with much room is best."))
        return row

    def _path_row(self, path: QLabel, choose: Callable[[], None], plain: str, back: Callable[[], None]) -> QWidget:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        buttons = button(self.tr("Choose…")), button(plain)
        for each, act in zip(buttons, (choose, back), strict=True):
            each.clicked.connect(lambda _checked=False, act=act: act())
        row.addWidget(path, 1)
        for each in buttons:
            row.addWidget(each)
        return holder

    def _choose_scratch(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, self.tr("Scratch folder"), self._scratch_path)
        if chosen:
            self._show_scratch(chosen)

    def _show_scratch(self, path: str) -> None:
        self._scratch_path = path
        self._scratch.set_whole(path or self.tr("The usual place"))

    def _choose_profile(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(
            self, self.tr("Profile of the screen"), "", self.tr("ICC profiles (*.icc *.icm)")
        )
        if chosen:
            self._take_profile(Path(chosen))

    def _take_profile(self, path: Path) -> None:
        """A printer's or a grey profile is a file of the same kind, and no screen shows by it."""
        try:
            can_show = screen_space(path.read_bytes()) is not None
        except OSError:
            can_show = False
        if can_show:
            self._show_profile(str(path))
        else:
            told = self.tr("{name} is no profile that a screen can show colours by.")
            self._note.setText(told.format(name=path.name))

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
