"""The docks around the picture, one a file."""
