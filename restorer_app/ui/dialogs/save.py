"""The dialog of “Save restoration as…”: where the copy goes, whether it is patched or new, and what it carries."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from restorer_app.core.errors import RestorerError
from restorer_app.files.naming import SUFFIXES, first_free
from restorer_app.ui.pieces import button, label, make_primary
from restorer_app.ui.room import is_writable

_KNOWN = frozenset(suffix for suffixes in SUFFIXES.values() for suffix in suffixes)


class SaveDialog(QDialog):
    """Says what will be written before it is; the original is never a target."""

    def __init__(
        self,
        original: Path,
        suggested: Path,
        *,
        patchable: bool,
        reason: str,
        parent: QWidget,
        ours: Path | None = None,
        has_levels: bool = False,
        carries_levels: bool = False,
    ) -> None:
        """`ours` is what this window wrote before and may replace; levels are smaller copies inside the file."""
        super().__init__(parent)
        self.setWindowTitle(self.tr("Save restoration as"))
        self._original = original
        self._ours = ours
        self._patched_suffix = suggested.suffix
        self._path = QLineEdit(str(suggested))
        self._path.setMinimumWidth(480)
        self._path.setAccessibleName(self.tr("File"))
        self._patch = QRadioButton(self.tr("A copy of the file, in which only what you repaired is patched"))
        self._derive = QRadioButton(self.tr("A new TIFF, with everything that can be carried over"))
        group = QButtonGroup(self)
        for each in (self._patch, self._derive):
            group.addButton(each)
        self._patch.setEnabled(patchable)
        (self._patch if patchable else self._derive).setChecked(True)
        self._derive.toggled.connect(self._suit_suffix)
        self._levels = self._make_levels(carries_levels)
        self._levels.setVisible(has_levels)
        self._problem = label(wraps=True)
        self._problem.setMinimumHeight(self._problem.fontMetrics().lineSpacing())  # nothing moves when it speaks
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
        make_primary(self._buttons, QDialogButtonBox.StandardButton.Save)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        self._lay_out(reason)
        self._path.textChanged.connect(self._check)
        self._suit_suffix(self._derive.isChecked())

    def _make_levels(self, carries: bool) -> QCheckBox:
        made = QCheckBox(self.tr("Carry the repair into the smaller copies inside the file, too"))
        made.setToolTip(self.tr("The levels of a pyramid, which viewers show from afar; else they keep the damage."))
        made.setChecked(carries)
        return made

    def _lay_out(self, reason: str) -> None:
        choose = button(self.tr("Choose…"))
        choose.clicked.connect(self._choose)
        row = QHBoxLayout()
        row.addWidget(self._path, 1)
        row.addWidget(choose)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(12)
        column.addLayout(row)
        below = QHBoxLayout()  # it belongs to the copy: a new file has no smaller ones
        below.addSpacing(24)
        below.addWidget(self._levels)
        column.addWidget(self._patch)
        column.addLayout(below)
        column.addWidget(self._derive)
        column.addWidget(label(reason, rank="dim", wraps=True))
        column.addWidget(self._problem)
        column.addWidget(self._buttons)

    @property
    def target(self) -> Path:
        path = Path(self._path.text())
        try:
            return path.expanduser()
        except RuntimeError:  # ~somebody whom nobody knows
            return path

    @property
    def derives(self) -> bool:
        return self._derive.isChecked()

    @property
    def carries_levels(self) -> bool:
        return self._patch.isChecked() and self._levels.isChecked()

    def set_target(self, path: Path) -> None:
        self._path.setText(str(path))

    def _choose(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(self, self.windowTitle(), self._path.text())
        if chosen:
            self._path.setText(chosen)

    def _suit_suffix(self, derives: bool) -> None:
        self._levels.setEnabled(not derives)
        suffix, target = ".tif" if derives else self._patched_suffix, self.target
        if target.name and target.suffix != suffix:
            stem = target.stem if target.suffix.lower() in _KNOWN else target.name  # "plate no. 12" ends with no suffix
            self._path.setText(str(target.with_name(stem + suffix)))
        self._check()

    def _check(self) -> None:
        try:
            problem = self._obstacle()
        except (OSError, RestorerError):  # too long, or with letters that no name may have
            problem = self.tr("No file can have this name.")
        replaces = self.tr("This window wrote {name}; saving replaces it.").format(name=self.target.name)
        self._problem.setText(problem or (replaces if self.target.absolute() == self._ours else ""))
        self._buttons.button(QDialogButtonBox.StandardButton.Save).setEnabled(not problem and bool(self.target.name))

    def _obstacle(self) -> str:
        """Why nothing can be written there; nothing that stands on the disc is overwritten but our own."""
        target = self.target.absolute()
        if target == self._original.absolute():
            return self.tr("This is the original, which is never written to.")
        if target.is_dir():
            return self.tr("This is a folder; a name for the file is missing.")
        if not target.parent.is_dir():
            return self.tr("There is no folder {folder}.").format(folder=target.parent)
        if not is_writable(target.parent):
            return self.tr("The folder {folder} cannot be written to; choose another one.").format(folder=target.parent)
        if target != self._ours and target.exists():
            told = self.tr("A file of this name exists and is not overwritten; {name} is another name.")
            return told.format(name=first_free(target).name)
        return ""
