"""What is said of a picture itself: its file, its frame, values under the cursor, how it is looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import isclose

from PySide6.QtCore import QCoreApplication

from restorer_app.core.geometry import Region
from restorer_app.files.picture import Picture
from restorer_app.ui.canvas.orientation import Turn
from restorer_app.ui.canvas.settings import Adjustment, OverlayMode
from restorer_app.ui.document import Document
from restorer_app.ui.panels.file_facts import FileWords
from restorer_app.ui.panels.film import Frame
from restorer_app.ui.wording import amount, grouped, pixels, stops

translate = QCoreApplication.translate  # by this name lupdate finds what is to be translated


def file_words(picture: Picture | None) -> FileWords:
    if picture is None:
        return FileWords()
    size = as_shown(picture.source.bounds, picture)
    rows = [
        (translate("presenting", "Name"), picture.path.name),
        (translate("presenting", "Kind"), f"{picture.kind.upper()}, {_layout(picture.layout)}, {picture.bits} bit"),
        (translate("presenting", "Size"), f"{size} px, {amount(picture.size_bytes)}"),
    ]
    if picture.orientation != 1:
        rows.append((translate("presenting", "Turned"), _turn(picture.orientation)))
    if picture.dpi is not None:
        rows.append((translate("presenting", "Resolution"), f"{picture.dpi[0]:.0f} dpi"))
    rows.append(
        (
            translate("presenting", "Saving"),
            picture.reason
            or (
                translate("presenting", "patches a copy")
                if picture.patchable
                else translate("presenting", "a new TIFF")
            ),
        )
    )
    rows.append((translate("presenting", "Metadata"), ", ".join(picture.metadata) or translate("presenting", "none")))
    rows += (
        [
            (
                translate("presenting", "Profile"),
                translate("presenting", "embedded, {size}").format(size=amount(len(picture.icc))),
            )
        ]
        if picture.icc
        else []
    )
    known = {name for name, _ in rows}
    rows += [(name, value) for name, value in picture.facts if name not in known]
    rows += [(translate("presenting", "Stays old"), sentence) for sentence in picture.stale]
    return FileWords(tuple(rows), picture.page, picture.page_count)


def as_shown(bounds: Region, picture: Picture) -> str:
    """A size as it is seen: a file may hold the picture lying on its side."""
    across, down = Turn(bounds.width, bounds.height, picture.orientation).shown_size
    return pixels(across, down)


def _turn(orientation: int) -> str:
    how = {
        2: translate("presenting", "shown mirrored"),
        3: translate("presenting", "shown turned upside down"),
        4: translate("presenting", "shown mirrored top to bottom"),
        5: translate("presenting", "shown mirrored and turned to the left"),
        6: translate("presenting", "shown turned to the right"),
        7: translate("presenting", "shown mirrored and turned to the right"),
        8: translate("presenting", "shown turned to the left"),
    }[orientation]
    return translate("presenting", "{how}, as the file asks (orientation {number})").format(how=how, number=orientation)


def frames(documents: Sequence[Document]) -> list[Frame]:
    """Two of the same name say whose they are: archives number the plates of each box anew."""
    names = Counter(document.name for document in documents)
    return [
        Frame(
            document.name if names[document.name] == 1 else f"{document.path.parent.name}/{document.name}",
            document.frame,
            unsaved=document.session.is_unsaved,
        )
        for document in documents
    ]


def _layout(layout: str) -> str:
    return layout.upper() if layout in ("rgb", "cmyk") else layout.capitalize() if layout == "lab" else layout


def values_words(values: Sequence[int | float], layout: str) -> str:
    """A pixel's values in the file's own depth, channel by channel."""
    names = {"rgb": "RGB", "cmyk": "CMYK", "lab": "Lab"}.get(layout, "")
    told = [grouped(value) if isinstance(value, int) else f"{value:.4f}" for value in values]
    if len(names) == len(told):
        return "  ".join(f"{name} {value}" for name, value in zip(names, told, strict=True))
    return "  ".join(told)


def view_words(adjustment: Adjustment, overlay: OverlayMode) -> str:
    """What makes the picture look other than it is: a hidden mask, a view turned over or lightened."""
    told = {
        "off": translate("presenting", "Mask hidden (O)"),
        "mask only": translate("presenting", "Mask alone (O)"),
    }
    parts = [told.get(overlay, "")]
    if adjustment.invert:
        parts.append(translate("presenting", "Shown inverted"))
    if adjustment.exposure:
        parts.append(translate("presenting", "Shown {stops}").format(stops=stops(adjustment.exposure)))
    if not isclose(adjustment.gamma, 1):
        lighter, darker = (
            translate("presenting", "Shadows shown lighter"),
            translate("presenting", "Shadows shown darker"),
        )
        parts.append(lighter if adjustment.gamma > 1 else darker)
    return " · ".join(part for part in parts if part)
