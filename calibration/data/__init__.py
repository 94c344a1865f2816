"""Labelled folders, recordings and noise: what calibration and judging read."""
