"""The report of an export: its facts, its page, its figures."""
