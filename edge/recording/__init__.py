"""Recording on a site: encrypted files, segments on one clock, clips cut by speech, the panel beside them."""
