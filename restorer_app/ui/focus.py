"""The round of the focus: from one part of the window to the next, where Tab has another meaning."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QDockWidget, QScrollArea, QWidget


def focus_next(parts: Sequence[QWidget]) -> None:
    """To the first place of the next part that takes the focus, and round to the first part again."""
    now = QApplication.focusWidget()
    inside = [place for place, part in enumerate(parts) if now and (part is now or part.isAncestorOf(now))]
    here = inside[0] if inside else 0
    for part in [*parts[here + 1 :], *parts[: here + 1]]:
        if there := [each for each in (part, *part.findChildren(QWidget)) if _takes_focus(each)]:
            _lay_out(there)
            first = min(there, key=_along(part))
            if (area := _scroll_area_of(first)) is not None:
                area.ensureWidgetVisible(first)
            first.setFocus(Qt.FocusReason.TabFocusReason)
            return


def _takes_focus(widget: QWidget) -> bool:
    """By the keyboard, here and now."""
    tabbed = widget.focusPolicy() & Qt.FocusPolicy.TabFocus == Qt.FocusPolicy.TabFocus
    area = _scroll_area_of(widget)
    seen = area.viewport() if area else widget  # what is scrolled away can be scrolled back
    return tabbed and widget.isVisible() and widget.isEnabled() and not seen.visibleRegion().isEmpty()


def _lay_out(widgets: Sequence[QWidget]) -> None:
    """What was put into a panel a moment ago still lies in its corner."""
    for area in {area for each in widgets if (area := _scroll_area_of(each)) is not None}:
        if (panel := area.widget()) is not None and (layout := panel.layout()) is not None:
            layout.activate()


def _scroll_area_of(widget: QWidget) -> QScrollArea | None:
    above = widget.parentWidget()
    while above is not None and not isinstance(above, QScrollArea):
        above = above.parentWidget()
    return above


def _along(part: QWidget) -> Callable[[QWidget], int]:
    """Where a widget comes when one reads a bar from the left, a panel from above."""
    is_panel = isinstance(part, QDockWidget)  # also one that is wider than high

    def place(widget: QWidget) -> int:
        at = widget.mapTo(part, QPoint()) if widget is not part else QPoint(-1, -1)
        return at.y() if is_panel else at.x()

    return place
