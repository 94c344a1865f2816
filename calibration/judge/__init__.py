"""Scores of a bundle on labelled folders and on streams."""
