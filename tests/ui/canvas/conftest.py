"""Canvases that end with their test."""

from collections.abc import Callable, Iterator

import pytest

from restorer_app.ui.canvas.view import Canvas


@pytest.fixture
def new_canvas(qtbot) -> Iterator[Callable[..., Canvas]]:
    made = []

    def make(width: int = 320, height: int = 240) -> Canvas:
        canvas = Canvas()
        qtbot.addWidget(canvas)
        canvas.resize(width, height)
        canvas.show()
        qtbot.waitUntil(canvas.isVisible)
        made.append(canvas)
        return canvas

    yield make
    for canvas in made:
        canvas.end()


@pytest.fixture
def canvas(new_canvas) -> Canvas:
    return new_canvas()
