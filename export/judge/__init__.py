"""Bundles on held-out people."""
