"""What whoever records is shown: drawn, in a window, or as lines; and the keys."""
