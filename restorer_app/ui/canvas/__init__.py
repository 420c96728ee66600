"""The canvas: a picture drawn from tiles, and the hands that paint on it."""
