"""The queue of readings that need a person: consent, retention, verdicts."""
