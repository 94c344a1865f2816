"""Speech, faces, people and words, found in sound and pictures."""
