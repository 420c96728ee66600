"""The dialog of “Save restoration as…”: where the copy goes, and whether it is patched or new."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from restorer_app.ui.pieces import button, label, make_primary


class SaveDialog(QDialog):
    """Says what will be written before it is; the original is never a target."""

    def __init__(self, original: Path, suggested: Path, *, patchable: bool, reason: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Save restoration as"))
        self._original = original
        self._patched_suffix = suggested.suffix
        self._path = QLineEdit(str(suggested))
        self._path.setMinimumWidth(480)
        self._path.setAccessibleName(self.tr("File"))
        choose = button(self.tr("Choose…"))
        choose.clicked.connect(self._choose)
        self._patch = QRadioButton(self.tr("A copy of the file, in which only what you repaired is patched"))
        self._derive = QRadioButton(self.tr("A new TIFF, with everything that can be carried over"))
        group = QButtonGroup(self)
        for each in (self._patch, self._derive):
            group.addButton(each)
        self._patch.setEnabled(patchable)
        (self._patch if patchable else self._derive).setChecked(True)
        self._derive.toggled.connect(self._suit_suffix)
        self._problem = label(rank="dim", wraps=True)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
        make_primary(self._buttons, QDialogButtonBox.StandardButton.Save)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        row = QHBoxLayout()
        row.addWidget(self._path, 1)
        row.addWidget(choose)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(12)
        column.addLayout(row)
        column.addWidget(self._patch)
        column.addWidget(self._derive)
        column.addWidget(label(reason, rank="dim", wraps=True))
        column.addWidget(self._problem)
        column.addWidget(self._buttons)
        self._path.textChanged.connect(self._check)
        self._suit_suffix(self._derive.isChecked())

    @property
    def target(self) -> Path:
        return Path(self._path.text()).expanduser()

    @property
    def derives(self) -> bool:
        return self._derive.isChecked()

    def set_target(self, path: Path) -> None:
        self._path.setText(str(path))

    def _choose(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(self, self.windowTitle(), self._path.text())
        if chosen:
            self._path.setText(chosen)

    def _suit_suffix(self, derives: bool) -> None:
        suffix = ".tif" if derives else self._patched_suffix
        if self.target.suffix != suffix:
            self._path.setText(str(self.target.with_suffix(suffix)))
        self._check()

    def _check(self) -> None:
        is_original = self.target.absolute() == self._original.absolute()
        exists = self.target.exists() and not is_original
        self._problem.setText(
            self.tr("This is the original, which is never written to.")
            if is_original
            else self.tr("A file of this name exists; it is replaced only if this window wrote it.")
            if exists
            else ""
        )
        self._buttons.button(QDialogButtonBox.StandardButton.Save).setEnabled(
            not is_original and bool(self.target.name)
        )
