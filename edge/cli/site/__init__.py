"""The verbs of a site: record, label, calibrate, judge, decide, try."""
