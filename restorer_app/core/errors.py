"""Errors that carry one sentence for the person."""

from __future__ import annotations


class RestorerError(Exception):
    """What went wrong in one sentence, and, where there is one, what to do next."""

    def __init__(self, message: str, *, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.message} {self.advice}".strip()

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross process borders; the default reduction loses the keyword-only advice.
        return (_rebuild, (type(self), self.message, self.advice))


def _rebuild(kind: type[RestorerError], message: str, advice: str) -> RestorerError:
    return kind(message, advice=advice)


class InvalidValueError(RestorerError, ValueError):
    """A value was constructed from parts that make no sense together."""


class UnreadableFileError(RestorerError):
    """A file cannot be opened as a picture, or not within the limits."""


class UnwritableFileError(RestorerError):
    """A file cannot be written; whatever stood there before still stands."""


class NotPatchableError(UnwritableFileError):
    """A file can be read but not patched; a derivative can be written instead."""


class UnusableModelError(RestorerError):
    """A model is missing, damaged or does not match its card."""
