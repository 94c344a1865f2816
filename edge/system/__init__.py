"""The process around everything: children, files, text on its way in and out."""
