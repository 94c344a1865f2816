"""Aggregate mode: counts over hours and many people are all that goes anywhere."""
