"""Ways to fuse, compared on real pairs of voice and face."""
