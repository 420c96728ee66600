"""Command: one thing that a person can ask for, and the facts that decide whether it is possible."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Situation:
    """What is true of the window right now; commands name the facts they need."""

    open: bool = False  # a picture is open
    editable: bool = False  # and may be changed
    unsaved: bool = False
    savable: bool = False  # something was changed since it was saved, or a job is about to
    masked: bool = False  # a mask is painted
    protected: bool = False  # a protection is
    painted: bool = False  # whichever of the two the tools paint now
    remembered: bool = False  # a mask was cleared or used, and can come back
    running: bool = False  # a job runs or waits
    undoable: bool = False
    redoable: bool = False
    several: bool = False  # more than one picture is open
    paged: bool = False  # the file has more than one page
    sampled: bool = False  # the sample pictures are there
    denoise: bool = False  # there is a way to do it: an operation, and the model it needs
    upscale: bool = False
    decompress: bool = False
    tool: str = "brush"
    erasing: bool = False
    protecting: bool = False
    after_each_stroke: bool = False
    inverted: bool = False
    full_screen: bool = False
    pressure: bool = True


FACTS = frozenset(field.name for field in fields(Situation) if field.type == "bool")


@dataclass(frozen=True, slots=True)
class Command:
    """One thing that a person can ask for by menu, key or name."""

    id: str
    title: str
    keys: tuple[str, ...] = ()  # portable Qt spelling; the first is shown, the others work too
    when: tuple[str, ...] = ()  # facts of the situation, all of which must hold
    do: str = ""  # a method of the actor; the id's last word where empty
    argument: str = ""
    hint: str = ""  # one sentence for tooltip and palette
    icon: str = ""
    checked: str = ""  # the fact that shows as a tick
    canvas_only: bool = False  # the key acts only while the canvas has the focus (Tab moves the focus elsewhere)
    repeats: bool = False  # holding the key goes on
    held: bool = False  # acts while the key is down; the canvas listens for it

    @property
    def group(self) -> str:
        return self.id.partition(".")[0]

    @property
    def method(self) -> str:
        return self.do or self.id.rpartition(".")[2]

    def is_possible(self, situation: Situation) -> bool:
        return all(getattr(situation, fact) for fact in self.when)

    def is_checked(self, situation: Situation) -> bool:
        if self.group == "tool" and self.method == "choose_tool":
            return situation.tool == self.argument
        return bool(self.checked) and bool(getattr(situation, self.checked))

    @property
    def is_checkable(self) -> bool:
        return bool(self.checked) or self.method == "choose_tool"
