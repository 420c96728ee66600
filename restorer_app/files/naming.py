"""Names of derivatives: from a template, with a version that is raised, never onto a file that is there."""

from __future__ import annotations

import re
from pathlib import Path

from restorer_app.core.errors import InvalidValueError
from restorer_app.files.atomic import cannot_write
from restorer_app.files.picture import Picture

TEMPLATE = "{stem}_restored_v01"
_VERSION = re.compile(r"(?P<before>.*)_v(?P<number>\d{1,6})", re.DOTALL)
_FORBIDDEN = set('<>:"/\\|?*') | {chr(code) for code in range(32)}  # on Windows, where archives exchange folders

SUFFIXES = {
    "tiff": (".tif", ".tiff"), "bigtiff": (".tif", ".tiff", ".btf", ".tf8"), "png": (".png",),
    "jpeg": (".jpg", ".jpeg", ".jpe", ".jfif"),
}  # fmt: skip


def default_target(
    master: Path, *, kind: str, folder: Path | None = None, template: str = TEMPLATE, suffix: str | None = None
) -> Path:
    """Where a derivative goes when nobody says otherwise: the first version that is free.

    A file that is itself a version (`…_v03`) is followed by the next one, whatever the template says.
    """
    given = master.suffix if master.suffix.lower() in SUFFIXES.get(kind, ()) else SUFFIXES.get(kind, (".tif",))[0]
    suffix = given if suffix is None else suffix
    is_version = _VERSION.fullmatch(master.stem) is not None
    stem = _raised(master.stem) if is_version else from_template(template, master.stem)
    return first_free((folder or master.parent) / f"{stem}{suffix}")


def derived_name(master: Path, *, folder: Path | None = None, template: str = TEMPLATE) -> Path:
    """The TIFF that stands for a file which cannot be patched."""
    return default_target(master, kind="tiff", folder=folder, template=template, suffix=".tif")


def target_of(picture: Picture, *, derives: bool, folder: Path | None = None, beside: Path | None = None) -> Path:
    """As those two, for an open picture; of a file with several pages the name says which.

    Two pages repaired side by side are two copies, and the second is not the successor of the first.
    """
    master = picture.path if beside is None else beside
    template = TEMPLATE if picture.page_count == 1 else TEMPLATE.replace("{stem}", f"{{stem}}_p{picture.page + 1}")
    if derives:
        return derived_name(master, folder=folder, template=template)
    return default_target(master, kind=picture.kind, folder=folder, template=template)


def from_template(template: str, stem: str) -> str:
    """The stem of a new file; a template without {stem} would give every file one name and is refused.

    Only the template is judged: a stem is the name of a file that is there already, however odd.
    """
    sample = template.replace("{stem}", "stem")
    if "{stem}" not in template or set(sample) & _FORBIDDEN or sample.strip(" .") != sample:
        raise InvalidValueError(
            f"“{template}” is no template for names: it needs {{stem}} and no characters such as / or :.",
        )
    return template.replace("{stem}", stem)


def first_free(path: Path) -> Path:
    """The path itself, or the next version that does not exist."""
    try:
        while path.exists() or path.is_symlink():
            path = next_version(path)
    except OSError as problem:  # above all: too long for a name
        raise cannot_write(path, problem) from problem
    return path


def next_version(path: Path) -> Path:
    """`a_v01.tif` → `a_v02.tif`; a name without a version gets its second."""
    return path.with_name(_raised(path.stem) + path.suffix)


def _raised(stem: str) -> str:
    found = _VERSION.fullmatch(stem)
    if found is None:
        return f"{stem}_v02"
    digits = found["number"]
    return f"{found['before']}_v{int(digits) + 1:0{len(digits)}d}"
