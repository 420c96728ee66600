"""The command line: every operation without a screen."""
