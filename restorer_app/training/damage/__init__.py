"""Damage done to clean crops, one kind a file."""
