"""Microphone and camera, live."""
