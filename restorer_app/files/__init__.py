"""The disc: what a file is, reading a region of it, patching it, proving what changed."""
