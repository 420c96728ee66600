"""Quality, speed and memory, measured so that anyone can measure them again."""
