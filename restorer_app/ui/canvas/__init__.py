"""The picture on the screen, and the tools in the hand over it."""
