"""Repairs scanned photographs, changing only what it was told to change."""

__version__ = "0.1.0"
