"""The tools of the canvas: one gesture a file, from press to release."""
