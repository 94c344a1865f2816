"""Emotion reading on the edge: everything the device runs."""

__version__ = "0.1.0"
