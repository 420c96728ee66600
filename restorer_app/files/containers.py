"""What every container offers to saving: a patcher, a prover, and the table that finds them by kind."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from restorer_app.core.job import CancelToken
from restorer_app.core.raster import Raster
from restorer_app.files.copying import Copy
from restorer_app.files.patching import Patching, PatchReport, Progress, Verdict
from restorer_app.files.picture import Picture


class Patcher(Protocol):
    """Writes a picture's changed segments into a file.

    `target` is the temporary file, already there: a byte-for-byte copy of the master where the container patches
    in place (`Container.beside`), otherwise an empty file that the patcher fills from `picture.path`. The caller
    syncs, proves and renames it. `xmp` is the whole new packet, or None to leave the file's own alone.
    """

    def __call__(
        self,
        picture: Picture,
        image: Raster,
        *,
        target: Path,
        xmp: bytes | None,
        progress: Progress,
        cancel: CancelToken | None,
    ) -> PatchReport: ...


class Beside(Protocol):
    """Begins to write the changed segments into a copy that is still being made; what it gives ends that."""

    def __call__(self, picture: Picture, image: Raster, *, copy: Copy) -> AbstractContextManager[Patching]: ...


class Prover(Protocol):
    """Compares a derivative with its master without trusting the patcher's decoder.

    `allowed` is where something may have changed (above 0); None: nowhere. It neither raises for a difference nor
    for a file that cannot be judged: the verdict says so.
    """

    def __call__(
        self,
        master: Path,
        derivative: Path,
        *,
        page: int,
        allowed: Raster | None,
        progress: Progress,
        cancel: CancelToken | None,
    ) -> Verdict: ...


@dataclass(frozen=True, slots=True)
class Container:
    """How files of one kind are patched and proven."""

    patch: Patcher
    prove: Prover
    beside: Beside | None = None  # for those that patch a copy in place


def container(kind: str) -> Container | None:
    """The patcher and the prover of a kind, or None where only a derivative can be written."""
    # Imported when asked: a window that only looks needs none of them.
    if kind in {"tiff", "bigtiff"}:
        from restorer_app.files.tiff_patch import patch_tiff, patching_tiff  # noqa: PLC0415 (see above)
        from restorer_app.files.tiff_proof import compare_tiff  # noqa: PLC0415 (see above)

        return Container(patch=patch_tiff, prove=compare_tiff, beside=patching_tiff)
    if kind == "png":
        from restorer_app.files.png_patch import patch_png  # noqa: PLC0415 (see above)
        from restorer_app.files.png_proof import compare_png  # noqa: PLC0415 (see above)

        return Container(patch=patch_png, prove=compare_png)
    if kind == "jpeg":
        from restorer_app.files.jpeg_patch import patch_jpeg  # noqa: PLC0415 (see above)
        from restorer_app.files.jpeg_proof import compare_jpeg  # noqa: PLC0415 (see above)

        return Container(patch=patch_jpeg, prove=compare_jpeg)
    return None
