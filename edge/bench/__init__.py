"""What a window costs, and what other networks cost beside it."""
