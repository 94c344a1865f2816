"""The audio-guided fusion head: windows it learns from, its training."""
