"""Hands: what a person does to the program, and how a test waits until it has been done."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest

from tests.ui.conftest import until


def canvas(program):
    return program.workshop.canvas


def document(program):
    return program.workshop.desk.current


def open_file(program, path, count=1):
    program.workshop.files.open_paths([str(path)])
    until(lambda: len(program.workshop.desk.documents) == count)
    QTest.qWait(30)
    return document(program)


def press(program, key):
    combination = QKeySequence(key)[0]
    QTest.keyClick(canvas(program), combination.key(), combination.keyboardModifiers())


def at(program, x, y):
    """Where a pixel of the picture is on the canvas, found by asking the canvas."""
    view = canvas(program)
    bounds = document(program).session.image.bounds
    zoom = view.sight.zoom / view.devicePixelRatioF()
    left, top = (view.width() - bounds.width * zoom) / 2, (view.height() - bounds.height * zoom) / 2
    return QPoint(round(left + x * zoom), round(top + y * zoom))


def hover(program, x, y, fact):
    """Moves the cursor onto a pixel until a fact holds: the window may still be finding its size.

    From beside it, as a cursor that is already there tells nothing.
    """

    def moved():
        QTest.mouseMove(canvas(program), at(program, x + 2, y))
        QTest.mouseMove(canvas(program), at(program, x, y))
        QTest.qWait(20)
        return fact()

    until(moved)


def paint(program, *points):
    view = canvas(program)
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=at(program, *points[0]))
    for point in points[1:]:
        QTest.mouseMove(view, at(program, *point))
        QTest.qWait(5)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=at(program, *points[-1]))
    until(lambda: not program.workshop.editing.is_at_hand)


def scratch(program, x=160):
    paint(program, (x, 10), (x, 120), (x, 230))


def idle(program):
    """The first job waits for the engine to load torch; beside three busy programs that took it a minute."""
    until(lambda: program.workshop.jobs.is_empty, seconds=240)


def repair(program):
    """Paints over the scratch, asks, and waits until it is done."""
    scratch(program)
    press(program, "Return")
    idle(program)


def pixels(session):
    return session.image.read(session.image.bounds)


def drag_border(window, by):
    """The one between the one-click panel and the history, by hand."""
    dock = window.docks["one-click"]
    at = QPoint(dock.x() + dock.width() // 2, dock.geometry().bottom() + 2)
    assert window.isSeparator(at)
    QTest.mousePress(window, Qt.MouseButton.LeftButton, pos=at)
    QTest.mouseMove(window, at + QPoint(0, by // 2))
    QTest.mouseMove(window, at + QPoint(0, by))
    QTest.qWait(40)  # the border follows a moment later
    QTest.mouseRelease(window, Qt.MouseButton.LeftButton, pos=at + QPoint(0, by))
