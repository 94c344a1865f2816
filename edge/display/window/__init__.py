"""The panel in a window."""
