"""Dialogs: they ask only what cannot be guessed."""
