"""Where sound and pictures come from."""
