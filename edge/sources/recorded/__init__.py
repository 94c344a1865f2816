"""Recordings: video, sound and picture files."""
