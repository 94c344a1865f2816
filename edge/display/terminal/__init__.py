"""The panel on a terminal."""
