"""Site recordings in, what a bundle needs to be right on that site out."""
