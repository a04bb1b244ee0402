"""The panes of a screen, one a file."""
