"""Handles made into sources, for a process that was handed no pixels."""

from __future__ import annotations

import numpy as np

from restorer_app.core.geometry import Region
from restorer_app.core.raster import FlatSource, Source
from restorer_app.files.budget import Budget
from restorer_app.files.handle import FileHandle, FlatHandle, MappedHandle, SourceHandle
from restorer_app.files.opening import open_here
from restorer_app.files.refusal import must_be_unchanged
from restorer_app.files.scratch import MappedSource


def open_handle(handle: SourceHandle, *, budget: Budget | None = None) -> Source:
    """The source that a handle names. Files were judged by the reader process before a handle was given out."""
    if isinstance(handle, MappedHandle):
        return MappedSource(handle)
    if isinstance(handle, FileHandle):
        must_be_unchanged(handle.path, handle.stamp)
        return open_here(handle.path, page=handle.page, budget=budget).source
    assert isinstance(handle, FlatHandle)
    return FlatSource(
        Region.of_size(handle.width, handle.height), np.dtype(handle.dtype), handle.channels, handle.value
    )
