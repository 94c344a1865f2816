"""The bundle: manifest, folder, golden outputs, and a tiny one for tests."""
