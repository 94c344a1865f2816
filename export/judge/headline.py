"""The number that a held-out set is judged by, one a modality."""

HEADLINE = {
    "audio": "unweighted_recall",
    "vision": "accuracy",
    "text": "macro_f1",
    "fused": "unweighted_recall",  # as its sound alone, so that the two can be compared
}
