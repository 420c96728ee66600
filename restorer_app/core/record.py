"""Record: what was done, with what, to what; saved with the file and enough to do it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from restorer_app.core import operation as operations
from restorer_app.core.errors import InvalidValueError
from restorer_app.core.geometry import Region
from restorer_app.core.kinds import of_wrong_kind

FORMAT = 1  # raised when a record can no longer be read by an older program


@dataclass(frozen=True, slots=True)
class Record:
    """One finished operation."""

    at: str  # ISO 8601 with offset
    operation: Mapping[str, Any]  # as operation.to_fields gives it; {"name": "clone" | "restore", …} for work by hand
    region: Region
    seed: int
    model_id: str | None
    model_sha256: str | None
    mask_sha256: str | None
    before_sha256: str
    after_sha256: str
    versions: Mapping[str, str]
    device: str
    dtype: str
    seconds: float
    deterministic: bool = False
    synthesises_detail: bool = False
    changed_pixels: int = 0
    measured: Mapping[str, Any] = field(default_factory=dict)  # e.g. the noise level that was found

    @property
    def name(self) -> str:
        return str(self.operation["name"])

    @property
    def is_learned(self) -> bool:
        return self.model_id is not None

    def with_seconds(self, seconds: float) -> Record:
        return replace(self, seconds=seconds)

    def to_fields(self) -> dict[str, Any]:
        """Plain values that JSON can hold."""
        plain = asdict(self)
        plain["region"] = [self.region.left, self.region.top, self.region.right, self.region.bottom]
        return {"format": FORMAT} | plain

    @classmethod
    def from_fields(cls, values: Mapping[str, Any]) -> Record:
        """A record as `to_fields` wrote it; one that this program cannot understand is refused."""
        rest = dict(values)
        if rest.pop("format", None) != FORMAT:
            raise InvalidValueError("This record was written by a newer program and cannot be read.")
        for wrong in of_wrong_kind(rest, cls):
            raise InvalidValueError(f"This record makes no sense: its {wrong} is of the wrong kind.")
        try:
            rest["region"] = Region(*rest["region"])
            record = cls(**rest)
            name = record.name
        except (KeyError, TypeError) as problem:
            raise InvalidValueError(f"This record is incomplete: {problem}.") from problem
        if name in {kind.name for kind in operations.OPERATIONS}:
            operations.from_fields(dict(record.operation))  # refuses what cannot be done again
        return record
