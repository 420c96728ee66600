"""The table of commands: every menu, key, tooltip, palette entry and line of the shortcut sheet is made from it."""

from __future__ import annotations

from collections.abc import Iterable

from restorer_app.session.command import Command

GROUPS: dict[str, str] = {
    "file": "File",
    "edit": "Edit",
    "mask": "Mask",
    "view": "View",
    "restore": "Restore",
    "tool": "Tools",
    "window": "Window",
    "help": "Help",
}

_EDIT = ("editable",)
_MASK = ("editable", "masked")
_SHAPED = ("editable", "painted")
_BY = "By the pixels beside its button; the protection while that is painted."

_FILE = (
    Command("file.open", "Open…", ("Ctrl+O",), hint="Open one or more pictures.", icon="open"),
    Command("file.paste", "Paste picture", ("Ctrl+V",), hint="Open the picture or the files on the clipboard."),
    Command(
        "file.sample", "Open a sample", when=("sampled",), hint="A damaged historical photograph to try things on."
    ),
    Command(
        "file.save",
        "Save restoration",
        ("Ctrl+S",),
        ("savable",),
        icon="save",
        hint="Write a restored copy beside the original, open it again and prove what changed.",
    ),
    Command("file.save_as", "Save restoration as…", ("Ctrl+Shift+S",), ("open",), hint="Choose where the copy goes."),
    Command("file.next", "Next picture", ("Ctrl+PgDown", "Ctrl+Tab"), ("several",), do="next_picture"),
    Command("file.previous", "Previous picture", ("Ctrl+PgUp", "Ctrl+Shift+Tab"), ("several",), do="previous_picture"),
    Command("file.next_page", "Next page", ("Alt+PgDown",), ("paged",)),
    Command("file.previous_page", "Previous page", ("Alt+PgUp",), ("paged",)),
    Command("file.settings", "Settings…", ("Ctrl+,",)),
    Command("file.close", "Close picture", ("Ctrl+W",), ("open",), do="close_picture"),
    Command("file.quit", "Quit", ("Ctrl+Q",)),
)

_EDITING = (
    Command("edit.undo", "Undo", ("Ctrl+Z",), ("undoable",), icon="undo", repeats=True),
    Command("edit.redo", "Redo", ("Ctrl+Shift+Z", "Ctrl+Y"), ("redoable",), icon="redo", repeats=True),
)

_MASKING = (
    Command("mask.erase", "Erase instead of add", ("E",), _EDIT, do="toggle_erase", checked="erasing", icon="erase"),
    Command(
        "mask.protect",
        "Paint what must not change",
        ("Shift+P",),
        _EDIT,
        do="toggle_protect",
        checked="protecting",
        icon="protect",
        hint="Protected places are never touched, whatever the mask says.",
    ),
    Command("mask.everything", "Mask the whole picture", ("Ctrl+A",), _EDIT, do="mask_everything"),
    Command("mask.invert", "Invert mask", ("Ctrl+Shift+I",), _EDIT, do="invert_mask", icon="invert"),
    Command("mask.grow", "Grow mask", ("Ctrl+Alt+G",), _SHAPED, do="grow_mask", icon="grow", hint=_BY),
    Command("mask.shrink", "Shrink mask", ("Ctrl+Alt+H",), _SHAPED, do="shrink_mask", icon="shrink", hint=_BY),
    Command("mask.feather", "Feather mask", ("Shift+F6",), _SHAPED, do="feather_mask", icon="feather", hint=_BY),
    Command(
        "mask.clear",
        "Clear mask",
        ("Ctrl+D",),
        _SHAPED,
        do="clear_mask",
        hint="Or the protection, while that is painted. Undo brings it back.",
    ),
    Command(
        "mask.reselect", "Reselect the last mask", ("Ctrl+Shift+D",), ("editable", "remembered"), do="reselect_mask"
    ),
    Command("mask.load", "Load mask…", when=_EDIT, do="load_mask", icon="open"),
    Command("mask.save", "Save mask…", when=_MASK, do="save_mask", icon="save"),
    Command(
        "mask.load_protection",
        "Load protection…",
        when=_EDIT,
        icon="open",
        hint="From a file like a mask’s: what is white in it will not be changed.",
    ),
    Command(
        "mask.save_protection",
        "Save protection…",
        when=("editable", "protected"),
        icon="save",
        hint="As a file like a mask’s, to be loaded again.",
    ),
    Command("mask.clear_protection", "Clear protection", when=("editable", "protected")),
)

_VIEW = (
    Command("view.fit", "Fit in window", ("Ctrl+0",), ("open",), do="zoom_fit", icon="fit"),
    Command("view.actual", "100 %", ("Ctrl+1",), ("open",), do="zoom_actual"),
    Command("view.closer", "Zoom in", ("Ctrl++", "Ctrl+="), ("open",), do="zoom_in", repeats=True),
    Command("view.farther", "Zoom out", ("Ctrl+-",), ("open",), do="zoom_out", repeats=True),
    Command(
        "view.original",
        "Show the original",
        ("\\", "F2"),
        ("open",),
        do="show_original",
        held=True,
        icon="eye",
        hint="Hold the key: the original, at once.",
    ),
    Command(
        "view.compare",
        "Compare: off, split, side by side, difference",
        ("Y",),
        ("open",),
        do="cycle_compare",
        icon="compare",
    ),
    Command("view.overlay", "Mask shown as tint, outline, mask alone, off", ("O",), ("open",), do="cycle_overlay"),
    Command(
        "view.invert",
        "Show inverted",
        ("Ctrl+I",),
        ("open",),
        do="toggle_inverted",
        checked="inverted",
        hint="For glass plates and negatives. Only the view changes; nothing of it is saved.",
    ),
    Command(
        "view.lighter",
        "Show lighter",
        ("Shift+.",),
        ("open",),
        do="show_lighter",
        repeats=True,
        hint="Exposure of the view alone; nothing of it is saved.",
    ),
    Command(
        "view.darker",
        "Show darker",
        ("Shift+,",),
        ("open",),
        do="show_darker",
        repeats=True,
        hint="Exposure of the view alone; nothing of it is saved.",
    ),
    Command(
        "view.shadows_lighter",
        "Show shadows lighter",
        ("Alt+Shift+.",),
        ("open",),
        do="show_shadows_lighter",
        hint="Gamma of the view alone; nothing of it is saved.",
        repeats=True,
    ),
    Command(
        "view.shadows_darker",
        "Show shadows darker",
        ("Alt+Shift+,",),
        ("open",),
        do="show_shadows_darker",
        hint="Gamma of the view alone; nothing of it is saved.",
        repeats=True,
    ),
    Command(
        "view.plain",
        "Show as it is",
        ("Ctrl+Alt+0",),
        ("open",),
        do="show_plain",
        hint="Takes inversion and exposure of the view back.",
    ),
)

_RESTORE = (
    Command(
        "restore.repair",
        "Repair what is painted",
        ("Return", "Enter"),
        _MASK,
        do="repair",
        icon="repair",
        hint="Fills what the mask covers; everything else stays as it is, to the last bit.",
    ),
    Command(
        "restore.after_each_stroke",
        "Repair after each stroke",
        ("Shift+Return",),
        _EDIT,
        do="toggle_after_each_stroke",
        checked="after_each_stroke",
    ),
    Command(
        "restore.denoise",
        "Denoise",
        when=("editable", "denoise"),
        do="run_operation",
        argument="denoise",
        hint="Takes noise away, inside the mask where one is painted.",
    ),
    Command(
        "restore.decompress",
        "Remove compression",
        when=("editable", "decompress"),
        do="run_operation",
        argument="decompress",
        hint="Takes the traces of JPEG compression away.",
    ),
    Command(
        "restore.upscale",
        "Upscale ×2",
        when=("editable", "upscale"),
        do="run_operation",
        argument="upscale-2",
        hint="Makes a picture twice as wide and high; one undo brings the old size back.",
    ),
    Command(
        "restore.upscale_4",
        "Upscale ×4",
        when=("editable", "upscale"),
        do="run_operation",
        argument="upscale-4",
        hint="Makes a picture four times as wide and high; one undo brings the old size back.",
    ),
    Command(
        "restore.stop",
        "Stop the running job, or clear the mask",
        ("Esc",),
        ("open",),
        do="stop",
        hint="First the job, then a warning that stands, then the mask; all but the warning can be taken back.",
    ),
)

_TOOLS = (
    Command(
        "tool.brush",
        "Mask brush",
        ("B",),
        _EDIT,
        "choose_tool",
        "brush",
        icon="brush",
        hint="Paint over damage. Shift+click joins the last point with a straight line; Alt erases.",
    ),
    Command(
        "tool.lasso",
        "Lasso",
        ("L",),
        _EDIT,
        "choose_tool",
        "lasso",
        icon="lasso",
        hint="Draw around damage; the loop closes and fills itself.",
    ),
    Command("tool.box", "Box", ("M",), _EDIT, "choose_tool", "box", icon="box", hint="Drag a rectangle of mask."),
    Command(
        "tool.restore",
        "Restore-original brush",
        ("J",),
        _EDIT,
        "choose_tool",
        "restore",
        icon="restore",
        hint="Paints the original back where a repair went too far.",
    ),
    Command(
        "tool.clone",
        "Clone",
        ("S",),
        _EDIT,
        "choose_tool",
        "clone",
        icon="clone",
        hint="Alt+click or Ctrl+click takes the source; then paint with it.",
    ),
    Command(
        "tool.hand",
        "Hand",
        ("H",),
        ("open",),
        "choose_tool",
        "hand",
        icon="hand",
        hint="Moves the picture; Space or the middle button does so with any tool.",
    ),
    Command(
        "tool.zoom",
        "Zoom",
        ("Z",),
        ("open",),
        "choose_tool",
        "zoom",
        icon="zoom",
        hint="Click comes closer, Alt+click goes farther; the wheel does so with any tool.",
    ),
    Command("tool.bigger", "Larger brush", ("]", "."), _EDIT, do="brush_bigger", repeats=True),
    Command("tool.smaller", "Smaller brush", ("[", ","), _EDIT, do="brush_smaller", repeats=True),
    Command("tool.harder", "Harder brush", ("Shift+]", "Alt+."), _EDIT, do="brush_harder", repeats=True),
    Command("tool.softer", "Softer brush", ("Shift+[", "Alt+,"), _EDIT, do="brush_softer", repeats=True),
    Command("tool.pressure", "Pen pressure sets the size", when=_EDIT, do="toggle_pressure", checked="pressure"),
)

_WINDOW = (
    Command("window.palette", "Find a command…", ("Ctrl+K",), do="find_command", icon="search"),
    Command("window.panels", "Hide or show the panels", ("Tab",), do="toggle_panels", canvas_only=True),
    Command("window.next_part", "To the panels and back", ("F6",), do="focus_next_part"),
    Command("window.full_screen", "Full screen", ("F", "F11"), do="toggle_full_screen", checked="full_screen"),
    Command("window.theme", "Dark or light", do="toggle_theme", icon="theme"),
    Command("window.reset", "Put the panels back in their places", do="reset_panels"),
)

_HELP = (
    Command("help.begin", "How to begin", do="show_first_run"),
    Command("help.keys", "Keys and gestures", ("F1",), do="show_keys"),
    Command("help.about", "About", do="show_about"),
)

COMMANDS: tuple[Command, ...] = (*_FILE, *_EDITING, *_MASKING, *_VIEW, *_RESTORE, *_TOOLS, *_WINDOW, *_HELP)

GESTURES: tuple[tuple[str, str], ...] = (  # what hands do that is no command; the shortcut sheet lists it
    ("Wheel", "Zoom at the cursor"),
    ("Space+drag, middle-drag", "Move the picture, always"),
    ("Shift+click", "Straight line from the last point"),
    ("Alt held", "Erase"),
    ("Alt+wheel", "Brush size"),
    ("Alt+right-drag", "Sideways size, up and down hardness"),
    ("Pen’s eraser end", "Erase"),
    ("Alt+click or Ctrl+click", "Source of the clone tool"),
    ("Drop files", "Open them"),
)


def command(command_id: str) -> Command:
    """The command of an id; asking for one that does not exist is a bug."""
    for known in COMMANDS:
        if known.id == command_id:
            return known
    raise AssertionError(command_id)


def in_group(group: str) -> tuple[Command, ...]:
    return tuple(known for known in COMMANDS if known.group == group)


def found(query: str, among: Iterable[Command] = COMMANDS) -> list[Command]:
    """Commands whose title, group or hint holds every word of the query; beginnings of the title first."""
    words = query.casefold().split()
    hits: list[tuple[int, int, Command]] = []
    for place, known in enumerate(among):
        title = known.title.casefold()
        text = f"{title} {GROUPS[known.group].casefold()} {known.hint.casefold()}"
        if all(word in text for word in words):
            hits.append((_rank(title, words), place, known))
    return [known for _, _, known in sorted(hits, key=lambda hit: hit[:2])]


def _rank(title: str, words: list[str]) -> int:
    if not words or title.startswith(words[0]):
        return 0
    if any(part.startswith(words[0]) for part in title.split()):
        return 1
    return 2 if words[0] in title else 3
