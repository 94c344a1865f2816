"""Published corpora and folders of a site -> examples, split by people."""
