"""Activation ranges, the Q/DQ graph, its rules, and the search that keeps accuracy."""
