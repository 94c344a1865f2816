"""Large encoders that teach the small ones."""
