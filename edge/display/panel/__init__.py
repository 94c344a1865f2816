"""The panel as a picture."""
