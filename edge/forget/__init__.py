"""Deleting what a site holds of a person, or holds too long, with a receipt that proves it."""
