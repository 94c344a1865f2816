"""Where a person sees readings: the panel, drawn, in a window or on a terminal."""
