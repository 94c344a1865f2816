"""What raters say, in the form that Label Studio exports: for tests without a server."""

import json
from datetime import datetime, timedelta, timezone

START = datetime(2026, 11, 2, 8, 0, tzinfo=timezone.utc)


def annotation(number, user, label, *, minutes=0, **more):
    """One annotation; label None: skipped."""
    moment = (START + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")
    chosen = {
        "id": f"region{number}",
        "from_name": "emotion",
        "to_name": "media",
        "type": "choices",
        "value": {"choices": [label]},
    }
    return {
        "id": number,
        "completed_by": user,
        "result": [chosen] if label else [],
        "was_cancelled": label is None,
        "ground_truth": False,
        "lead_time": 12.5,
        "created_at": moment,
        "updated_at": moment,
        "unique_id": f"uid-{number}",
        **more,
    }


def annotated(tasks, said):
    """Tasks of `edge label export` with what each user said of each clip by its place; more is left out.

    said: user -> labels, in the order of the tasks; Ellipsis: this user did not see the clip.
    """
    found, number = [], 0
    for place, task in enumerate(tasks):
        own = []
        for user, labels in said.items():
            number += 1
            if labels[place] is not ...:
                own.append(annotation(number, user, labels[place], minutes=place))
        found.append({**task, "annotations": own, "project": 7, "drafts": []})
    return found


def write(path, content):
    """A JSON file."""
    path.write_text(json.dumps(content), encoding="utf-8")
    return path
