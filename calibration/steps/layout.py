"""What stands where in the folder of a site."""

from __future__ import annotations

SETTINGS = "site.toml"
SCRIPT = "script.csv"
CRITERIA = "criteria.toml"
RECORDINGS, LABELS, LABEL_STUDIO = "recordings", "labels", "label-studio"
BUNDLES, REPORTS, SHADOW, REVIEW = "bundles", "reports", "shadow", "review"
FOLDERS = (RECORDINGS, LABELS, BUNDLES, REPORTS, REVIEW)
"""Those a new site begins with; the verbs make the others."""
TABLE = f"{RECORDINGS}/metadata.csv"
VOTES = f"{LABELS}/labels.csv"
COVERAGE = f"{REPORTS}/coverage.json"
AGREEMENT = f"{REPORTS}/agreement.json"
EVALUATION = f"{REPORTS}/evaluation.json"
VERDICT = f"{REPORTS}/shadow.json"
