"""A file that appears whole or not at all: a temporary one beside the target, synced, then renamed."""

from __future__ import annotations

import errno
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from restorer_app.core.errors import UnwritableFileError

_NAME = re.compile(r"\.restorer-\d+-[0-9a-f]{8}\.part")
_ABANDONED_S = 24 * 3600  # a part this old belongs to no save that still runs


class Landing:
    """The temporary file of one save, and the step that puts it in its place."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path = target.with_name(f".restorer-{os.getpid()}-{secrets.token_hex(4)}.part")
        os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))  # the person's own umask

    @contextmanager
    def syncing(self) -> Iterator[None]:
        """Brings the bytes to the disc while they are read again: the one waits for the disc, the other computes."""
        with ThreadPoolExecutor(1) as disc:
            synced = disc.submit(self.sync)
            yield
            synced.result()

    def sync(self) -> None:
        """Brings the bytes to the disc, so that a rename never shows an empty file after a power cut."""
        fd = os.open(self.path, os.O_RDWR | getattr(os, "O_BINARY", 0))
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def publish(self, *, replace: bool, or_as: Callable[[Path], Path] | None = None) -> Path:
        """Gives the file its name; without `replace` a file that came there meanwhile is not touched.

        `or_as` then says the next name, for a file whose name nobody asked for.
        """
        while True:
            try:
                if replace:
                    self.path.replace(self.target)
                else:
                    self._publish_beside()
            except FileExistsError:
                if or_as is None:
                    raise
                self.target = or_as(self.target)
                continue
            _sync_folder(self.target.parent)
            return self.target

    def _publish_beside(self) -> None:
        try:
            os.link(self.path, self.target)  # fails if the name is taken, where rename would overwrite
        except FileExistsError:
            raise
        except OSError:  # no hard links here: FAT, some network drives
            if self.target.exists():
                raise FileExistsError(errno.EEXIST, "exists", str(self.target)) from None
            self.path.rename(self.target)
            return
        self.path.unlink()


@contextmanager
def landing(target: Path) -> Iterator[Landing]:
    """A temporary file in the target's folder; whatever goes wrong, it is gone and the target is as it was."""
    try:
        _remove_abandoned(target.parent)
        spot = Landing(target)
    except OSError as problem:
        raise cannot_write(target, problem) from problem
    try:
        yield spot
    except OSError as problem:
        raise cannot_write(target, problem) from problem
    finally:
        with suppress(OSError):
            spot.path.unlink(missing_ok=True)


def there(folder: Path) -> Path:
    """The folder, if it is one; else what a system would say of a file that is to be written to it."""
    if not folder.is_dir():
        raise cannot_write(folder / "nothing", FileNotFoundError(errno.ENOENT, "No such folder"))
    return folder


def cannot_write(target: Path, problem: OSError) -> UnwritableFileError:
    """The sentence for what a system says when a file cannot be written."""
    folder, name = target.parent, target.name
    match problem.errno:
        case errno.ENOSPC | errno.EDQUOT | errno.EFBIG:
            return UnwritableFileError(
                f"There is not enough room in {folder} for {name}; nothing was changed.",
                advice="Make room there or choose another folder.",
            )
        case errno.EROFS | errno.EACCES | errno.EPERM:
            return UnwritableFileError(
                f"{folder} cannot be written to; nothing was changed.", advice="Choose another folder."
            )
        case errno.ENOENT | errno.ENOTDIR | errno.ENODEV | errno.ENXIO | errno.ESTALE:
            return UnwritableFileError(
                f"{folder} is not there any more; nothing was changed.",
                advice="Connect its drive again or choose another folder.",
            )
        case errno.EEXIST:
            return UnwritableFileError(
                f"{name} is already there; it was not overwritten.", advice="Choose another name or a new version."
            )
        case errno.ENAMETOOLONG | errno.EINVAL:
            why = "is too long a name" if problem.errno == errno.ENAMETOOLONG else "is no name that it can take"
            return UnwritableFileError(f"For {folder}, {name} {why}.", advice="Choose another name.")
        case _:
            return UnwritableFileError(
                f"{name} could not be written: {problem.strerror or problem}. Nothing was changed.",
                advice="Choose another folder, and check the drive.",
            )


def _sync_folder(folder: Path) -> None:
    """A rename is safe from a power cut when its folder is synced; Windows does that by itself and refuses."""
    with suppress(OSError):
        fd = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def _remove_abandoned(folder: Path) -> None:
    """Parts that a killed save left behind."""
    for path in folder.iterdir():
        if _NAME.fullmatch(path.name):
            with suppress(OSError):
                if time.time() - path.stat().st_mtime > _ABANDONED_S:
                    path.unlink()
