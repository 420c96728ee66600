"""Where an operation may change a picture: inside the mask, never where it is protected."""

from restorer_app.core import mask as masks
from restorer_app.core.coverage import covers_everything
from restorer_app.core.errors import RestorerError
from restorer_app.core.operation import Operation
from restorer_app.core.raster import Raster


def touched_by(operation: Operation, mask: Raster | None, protect: Raster) -> Raster:
    """What it may touch; refuses where that is nothing, or where nothing is left to work from."""
    if operation.scale != 1:
        return masks.full(protect.bounds)  # every pixel of a larger picture is new: there is nothing to protect
    if mask is None and operation.needs_mask:
        raise RestorerError(f"{operation.title} needs a mask.", advice="Paint over the damage first.")
    if operation.needs_mask and mask is not None and covers_everything(mask):
        raise RestorerError(
            "The mask covers the whole picture, so there is nothing to repair it from.",
            advice="Paint over the damage only.",
        )
    touched = masks.invert(protect) if mask is None else masks.subtract(mask, protect)
    if masks.is_empty(touched):
        what = "Everything" if mask is None else "Everything under the mask"
        raise RestorerError(f"{what} is protected.", advice="Change the mask or the protection.")
    return touched
