"""The round of the focus: from one part of the window to the next, where Tab has another meaning."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QWidget


def focus_next(parts: Sequence[QWidget]) -> None:
    """To the first place of the next part that takes the focus, and round to the first part again."""
    now = QApplication.focusWidget()
    inside = [place for place, part in enumerate(parts) if now and (part is now or part.isAncestorOf(now))]
    here = inside[0] if inside else 0
    for part in [*parts[here + 1 :], *parts[: here + 1]]:
        if there := [each for each in (part, *part.findChildren(QWidget)) if _takes_focus(each)]:
            min(there, key=_along(part)).setFocus(Qt.FocusReason.TabFocusReason)
            return


def _takes_focus(widget: QWidget) -> bool:
    """By the keyboard, here and now."""
    tabbed = widget.focusPolicy() & Qt.FocusPolicy.TabFocus == Qt.FocusPolicy.TabFocus
    return tabbed and widget.isVisible() and widget.isEnabled() and not widget.visibleRegion().isEmpty()


def _along(part: QWidget) -> Callable[[QWidget], int]:
    """Where a widget comes when one reads a bar from the left, a panel from above."""
    is_bar = part.width() > part.height()

    def place(widget: QWidget) -> int:
        at = widget.mapTo(part, QPoint()) if widget is not part else QPoint(-1, -1)
        return at.x() if is_bar else at.y()

    return place
