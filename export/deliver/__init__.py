"""The bundle that goes out: files, card and golden outputs."""
