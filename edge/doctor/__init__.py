"""What is missing on this machine: one look a part."""
