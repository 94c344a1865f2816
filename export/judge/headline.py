"""The number that a held-out set is judged by, one a modality."""

HEADLINE = {"audio": "unweighted_recall", "vision": "accuracy", "text": "macro_f1", "fused": "weighted_f1"}
