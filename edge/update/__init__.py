"""Signed updates: a repository of bundles, and a device's two slots with a way back."""
