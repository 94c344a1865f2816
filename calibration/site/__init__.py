"""A bundle made right on a site: site head, ranges, confidence, prior, reference; each taken or left."""
