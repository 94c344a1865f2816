"""Temperatures and prediction sets, of windows and of votes."""
