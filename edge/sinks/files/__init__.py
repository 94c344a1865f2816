"""Readings in files, and read back from them."""
