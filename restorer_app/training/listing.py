"""Which photographs are learnt from: found in folders, and listed by name and hash."""

import csv
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from restorer_app.core.errors import UnreadableFileError
from restorer_app.files.refusal import cannot_read
from restorer_app.training.clean import SUFFIXES

Found = tuple[Path, Path]  # a folder that was given, and a file in it
_DRAWN = "plot.png"  # by training itself, beside one of these
_MADE = ("journal.csv", "card.toml")
_PLAIN = "file,sha256"
_LIST_ABOVE = 3  # folders above the photographs where their list is looked for


def photographs_in(folders: Sequence[Path]) -> list[Found]:
    """Every photograph of the folders, but not the plots of runs and models that may lie among them."""
    return [(folder, file) for folder in folders for file in _files(folder, SUFFIXES) if not _is_drawn(file)]


def pictures_of_damage(folder: Path | None) -> list[Found]:
    """Every picture of a real hair, speck of dust or scratch in a folder."""
    return [(folder, file) for file in _files(folder, {".png"})] if folder else []


def _files(folder: Path, suffixes: Iterable[str]) -> list[Path]:
    wanted = set(suffixes)
    try:
        if not folder.is_dir():
            raise UnreadableFileError(f"There is no folder {folder}.", advice="Check its name and its drive.")
        return sorted(file for file in folder.rglob("*") if file.suffix.lower() in wanted and file.is_file())
    except OSError as problem:
        raise cannot_read(Path(problem.filename or folder), problem) from problem


def _is_drawn(file: Path) -> bool:
    return file.name == _DRAWN and any(file.with_name(sign).exists() for sign in _MADE)


def manifest(files: Iterable[Found]) -> str:
    """Every file with its SHA-256, one a line; source and terms too where the collection has a list of them."""
    sections = dict[str, dict[str, None]]()
    for folder, found in groupby(files, lambda pair: pair[0]):
        header, told = _listed(folder.resolve())
        for _, file in found:
            within, digest = file.relative_to(folder).as_posix(), _digest(file)
            row = told.get(within, "")
            if row:
                sections.setdefault(header, {})[row] = None
            if digest not in row.lower():  # a list that tells no hash, or another one, does not say which file it was
                sections.setdefault(_PLAIN, {})[f"{_quoted(f'{folder.resolve().name}/{within}')},{digest}"] = None
    return _as_text(sections)


def joined(newer: str, older: str) -> str:
    """One list of two, each line once, under its own header."""
    sections = dict[str, dict[str, None]]()
    for listed in (newer, older):
        header = ""
        for line in listed.splitlines():
            if line.startswith("file,"):
                header = line
            sections.setdefault(header, {}).update({} if line == header else {line: None})
    return _as_text(sections)


def _as_text(sections: Mapping[str, Mapping[str, None]]) -> str:
    lines = [line for header, rows in sections.items() for line in (header, *rows)]
    return "\n".join(lines) + "\n"


def _listed(folder: Path) -> tuple[str, dict[str, str]]:
    """Header and rows, by the name within a folder, of the list that its collection keeps."""
    for parent in list(folder.parents)[:_LIST_ABOVE]:
        if (parent / "MANIFEST.csv").is_file():
            try:
                with (parent / "MANIFEST.csv").open(encoding="utf-8-sig", newline="") as lines:
                    header, *rows = [_as_row(fields) for fields in csv.reader(lines) if fields]
                names = [next(csv.reader([row]))[0] for row in rows]
            except (OSError, ValueError, csv.Error):  # also of another encoding, or empty: somebody else's list
                continue
            start = f"{folder.relative_to(parent).as_posix()}/"
            own = {name[len(start) :]: row for name, row in zip(names, rows, strict=True) if name.startswith(start)}
            if header.startswith("file,") and own:
                return header, own
    return "", {}


def _as_row(fields: Iterable[str]) -> str:
    """One line, whatever is in the fields."""
    return ",".join(_quoted(" ".join(field.splitlines())) for field in fields)


def _quoted(name: str) -> str:
    """A name as CSV wants it; what is no letter in it stands as the bytes that it is."""
    return '"' + name.replace('"', '""') + '"' if any(sign in name for sign in ',"\n\r') else name


def _digest(file: Path) -> str:
    try:
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as problem:
        raise cannot_read(file, problem) from problem
