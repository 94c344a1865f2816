"""People of a site on two sides: calibrated on, and kept back."""

import pytest

from calibration.data.dataset import read_folder, read_judged
from calibration.data.labels import LabelReader
from calibration.data.sides import share_out
from calibration.site.recordings import read_recordings
from edge.errors import DatasetError
from edge.starter_labels import STARTER


def site(folder, rows, header="file_name,speaker,emotion,split"):
    folder.mkdir(exist_ok=True)
    (folder / "metadata.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    for row in rows:
        (folder / row.split(",")[0]).touch()
    return folder


def names(examples):
    return [example.name for example in examples]


def test_who_is_kept_back_is_judged_and_never_learnt_from(tmp_path):
    folder = site(
        tmp_path,
        ["a.wav,S1,angry,calibration", "b.wav,S2,happy,評価", "c.wav,S3,sad,", "d.wav,S2,,evaluation"],
    )
    assert names(read_judged(folder, STARTER)) == ["b.wav"]
    assert names(read_folder(folder, LabelReader(STARTER))) == ["a.wav", "c.wav"]
    learnt = read_recordings(folder, STARTER, labelled=True)
    assert [clip.name for clip in learnt.clips] == ["a.wav", "c.wav"]


def test_without_sides_all_is_judged_and_learnt_from(tmp_path):
    folder = site(tmp_path, ["a.wav,S1,angry,train", "b.wav,S2,happy,"])
    assert names(read_judged(folder, STARTER)) == ["a.wav", "b.wav"]
    assert names(read_folder(folder, LabelReader(STARTER))) == ["a.wav", "b.wav"]


def test_people_are_shared_out_and_who_has_a_side_keeps_it(tmp_path):
    rows = [
        f"{who}{n}.wav,{who},angry,'=note"
        for who, count in {"A": 5, "B": 4, "C": 3, "D": 2, "E": 1}.items()
        for n in range(count)
    ]
    folder = site(tmp_path, rows, "file_name,speaker,emotion,comment")
    sides = share_out(folder)
    assert sides == {
        "A": "calibration",
        "B": "evaluation",
        "C": "evaluation",
        "D": "calibration",
        "E": "calibration",
    }
    table = (folder / "metadata.csv").read_text(encoding="utf-8")
    assert table.splitlines()[0] == "file_name,speaker,emotion,comment,split"
    assert table.splitlines()[1] == "A0.wav,A,angry,'=note,calibration"
    (folder / "F0.wav").touch()
    (folder / "metadata.csv").write_text(table + "F0.wav,F,sad,,\n", encoding="utf-8")
    assert share_out(folder) == sides | {"F": "evaluation"}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["a.wav,S1,angry,"], "names 1 people"),
        (["a.wav,S1,angry,", "b.wav,,angry,"], "line 3: speaker is empty"),
        (["a.wav,S1,angry,calibration", "b.wav,S1,sad,evaluation", "c.wav,S2,sad,"], "S1 is on both sides"),
    ],
)
def test_who_cannot_be_shared_out_is_told_and_the_table_stays(tmp_path, rows, said):
    folder = site(tmp_path, rows)
    before = (folder / "metadata.csv").read_bytes()
    with pytest.raises(DatasetError, match=said):
        share_out(folder)
    assert (folder / "metadata.csv").read_bytes() == before


def test_people_of_one_session_are_on_one_side(tmp_path):
    header = "file_name,speaker,emotion,session"
    rows = ["a.wav,A,angry,mon", "b.wav,B,sad,mon", "c.wav,C,sad,tue", "d.wav,D,sad,"]
    sides = share_out(site(tmp_path, rows, header))
    assert sides["A"] == sides["B"] != sides["C"]
    assert {*sides.values()} == {"calibration", "evaluation"}
    alike = [row.replace("tue", "mon") if "D" not in row else "d.wav,D,sad,mon" for row in rows]
    (tmp_path / "other").mkdir()
    assert {*share_out(site(tmp_path / "other", alike, header)).values()} == {"calibration", "evaluation"}


def test_a_session_on_both_sides_is_named(tmp_path, capsys):
    header = "file_name,speaker,emotion,session,split"
    rows = ["a.wav,A,angry,mon,calibration", "b.wav,B,sad,mon,evaluation", "c.wav,C,sad,tue,evaluation"]
    assert names(read_judged(site(tmp_path, rows, header), STARTER)) == ["b.wav", "c.wav"]
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert "the session mon is both in calibration and in evaluation" in said[0]
    rows[1] = "b.wav,B,sad,wed,evaluation"
    read_judged(site(tmp_path, rows, header), STARTER)
    assert capsys.readouterr().err == ""
