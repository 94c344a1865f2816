"""Readings to a broker."""
