"""The `edge` command: one short function a verb."""
