"""The whole way through a real Label Studio: project, tasks, media, three raters, export, agreement."""

import json
import urllib.error
import urllib.request

import numpy as np
import pytest
from label_studio import label_studio
from studio import write
from test_cli import edge  # noqa: F401 - a fixture
from test_labelling import rows_of, sound

from calibration.labels.kept import read_kept
from calibration.labels.studio import result_of
from edge.starter_labels import STARTER

CLIPS = 30


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_labels_go_through_a_real_label_studio(edge, tiny_bundle, demo, tmp_path):  # noqa: F811
    recordings, out = tmp_path / "recordings", tmp_path / "label-studio"
    recordings.mkdir()
    rng = np.random.default_rng(2)
    truth = {f"S0{n % 3}-{n:02d}.wav": str(rng.choice(list(STARTER))) for n in range(CLIPS)}
    for number, name in enumerate(truth):
        sound(recordings / name, number)
    film = recordings / "film.mp4"
    film.write_bytes(demo.read_bytes())
    rows = [f"{name},{name[:3]}" for name in (*truth, "film.mp4")]
    (recordings / "metadata.csv").write_text("file_name,speaker\n" + "\n".join(rows) + "\n")
    done = edge(
        "label", "export", tiny_bundle.folder, recordings, "--out", out, "--predictions", "--lang", "ja"
    )
    assert done.code == 0, done.err
    data = tmp_path / "studio"
    data.mkdir()
    with label_studio(data, out) as server:
        raters = [server.user(f"rater{number}@example.org") for number in range(3)]
        media = [path.read_bytes() for path in recordings.iterdir()]
        exports = {
            "audio": _labelled(server, out, "audio", list(truth.values()), raters, rng),
            "video": _labelled(server, out, "video", ["happy"], raters, None),
        }
        served = json.loads((out / "tasks-audio.json").read_text(encoding="utf-8"))[0]["data"]["audio"]
        status, body = server.call("GET", served)
        assert status == 200
        assert body in media
        with pytest.raises(urllib.error.HTTPError):  # to nobody else
            urllib.request.urlopen(server.url + served, timeout=30)
    for kind, found in exports.items():
        done = edge(
            *("label", "import", write(tmp_path / f"{kind}.json", found), "--recordings", recordings),
            *("--out", tmp_path / "labels.csv"),
        )
        assert done.code == 0, done.err
    kept = read_kept(tmp_path / "labels.csv")
    assert len(kept) == 3 * CLIPS + 3
    assert len({one.rater for one in kept}) == 3
    assert {one.lead_time_s for one in kept} == {7.5}
    assert all(one.predictions for one in kept)
    assert sum(not one.label for one in kept) == 1  # skipped
    table = {row["file_name"]: row for row in rows_of(recordings / "metadata.csv")}
    assert table["film.mp4"]["votes_happy"] == "3"
    right = [table[name]["emotion"] == label for name, label in truth.items()]
    assert np.mean(right) > 0.9
    numbers = tmp_path / "agreement.json"
    done = edge("label", "agree", tmp_path / "labels.csv", "--json", numbers)
    assert done.code == 0, done.err
    facts = json.loads(numbers.read_text())
    assert facts["alpha"]["low"] < 0.8 < facts["alpha"]["high"] + 0.1
    assert "example.org" not in (tmp_path / "labels.csv").read_text(encoding="utf-8-sig")


def _labelled(server, out, kind, truth, raters, rng):
    """The export of a project that three users labelled, each with one error in ten where rng is given."""
    asked = json.loads((out / f"project-{kind}.json").read_text(encoding="utf-8"))
    project = server.json("POST", "/api/projects", asked)["id"]
    config = (out / f"config-{kind}.xml").read_text(encoding="utf-8")
    server.json("POST", f"/api/projects/{project}/validate", {"label_config": config})
    tasks = json.loads((out / f"tasks-{kind}.json").read_text(encoding="utf-8"))
    made = server.json("POST", f"/api/projects/{project}/import", tasks)
    assert made["task_count"] == made["prediction_count"] == len(tasks)
    server.json("POST", "/api/storages/localfiles/", {"project": project, "path": str(out / "media")})
    there = server.json("GET", f"/api/tasks?project={project}&fields=all&page_size=100")["tasks"]
    assert len(there) == len(tasks)
    right = {task["data"]["clip"]: label for task, label in zip(tasks, truth, strict=True)}
    for number, token in enumerate(raters):
        for place, task in enumerate(there):
            label = right[task["data"]["clip"]]
            if rng is not None and rng.random() < 0.1:
                label = str(rng.choice([name for name in STARTER if name != label]))
            skipped = rng is not None and place == number == 2
            said = {
                "result": [] if skipped else [result_of(label)],
                "lead_time": 7.5,
                "was_cancelled": skipped,
            }
            server.json("POST", f"/api/tasks/{task['id']}/annotations/", said, token)
    return server.json("GET", f"/api/projects/{project}/export?exportType=JSON")
