"""Labelled folders in the generic layout: what is read, and what is said about what is wrong."""

import pytest

from calibration.dataset import DROPPED, SYNONYMS, label_index, read_folder
from edge.errors import DatasetError
from edge.items import LABELS


@pytest.fixture
def folder(tmp_path):
    """Writes metadata.csv from lines, and an empty file for each name given; returns the folder."""

    def write(*lines, files=(), encoding="utf-8"):
        (tmp_path / "metadata.csv").write_text("".join(f"{line}\n" for line in lines), encoding=encoding)
        for name in files:
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).touch()
        return tmp_path

    return write


def refusal(folder, **options):
    """The one line that a folder is refused with."""
    with pytest.raises(DatasetError) as caught:
        read_folder(folder, **options)
    text = str(caught.value)
    assert "\n" not in text
    assert str(folder) in text
    return text


def test_every_column_is_read(folder):
    examples = read_folder(
        folder(
            "file_name,emotion,speaker,transcript,session",
            "a/1.wav,angry,anna,Not again.,monday",
            '2.wav,sad,ben,"Well, no.",monday',
            files=("a/1.wav", "2.wav"),
        )
    )
    first, second = examples
    assert (first.name, first.label, first.speaker) == ("a/1.wav", LABELS.index("angry"), "anna")
    assert first.path.is_file()
    assert first.transcript == "Not again."
    assert (second.label, second.speaker, second.transcript) == (LABELS.index("sad"), "ben", "Well, no.")
    assert second.also == ()
    assert second.tile is None


def test_columns_may_come_in_any_order_and_others_are_passed_over(folder):
    (example,) = read_folder(folder("mood,emotion,file_name", "x,happy,1.wav", files=("1.wav",)))
    assert (example.name, example.label) == ("1.wav", LABELS.index("happy"))


def test_an_example_without_speaker_is_its_own(folder):
    lines = ("file_name,emotion,speaker", "1.wav,sad,", "2.wav,sad,ben")
    examples = read_folder(folder(*lines, files=("1.wav", "2.wav")))
    assert [example.speaker for example in examples] == ["1.wav", "ben"]
    examples = read_folder(folder("file_name,emotion", "1.wav,sad", "2.wav,sad"))
    assert [example.speaker for example in examples] == ["1.wav", "2.wav"]
    assert all(example.transcript is None for example in examples)


def test_a_blank_transcript_is_none(folder):
    (example,) = read_folder(folder("file_name,emotion,transcript", "1.wav,sad,  ", files=("1.wav",)))
    assert example.transcript is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_spreadsheet_may_put_its_mark_first(folder, encoding):
    (example,) = read_folder(folder("file_name,emotion", "ü.wav,sad", files=("ü.wav",), encoding=encoding))
    assert example.name == "ü.wav"


@pytest.mark.parametrize(("name", "label"), SYNONYMS.items())
def test_names_of_published_corpora_are_known(name, label):
    for written in (name, name.upper(), f" {name.title()} "):
        assert label_index(written, "here") == LABELS.index(label)


def test_every_label_has_its_own_name_and_none_is_dropped():
    assert [SYNONYMS[name] for name in LABELS] == list(LABELS)
    assert set(SYNONYMS.values()) == set(LABELS)
    assert not set(SYNONYMS) & set(DROPPED)


def test_disgust_and_contempt_are_left_out(folder):
    lines = ("file_name,emotion", "1.wav,disgust", "2.wav,sad", "3.wav,Contempt", "4.wav,calm")
    examples = read_folder(folder(*lines, files=("2.wav", "4.wav")))
    assert [(e.name, LABELS[e.label]) for e in examples] == [("2.wav", "sad"), ("4.wav", "neutral")]


def test_text_needs_no_files(folder):
    where = folder("file_name,emotion,transcript", "row1,joy,Lovely.")
    (example,) = read_folder(where, files=False)
    assert example.path is None
    assert example.transcript == "Lovely."
    assert "row1 does not exist" in refusal(where)


def test_a_folder_without_metadata_is_told_what_to_write(tmp_path):
    text = refusal(tmp_path)
    assert "holds no metadata.csv; write one with the columns file_name, emotion" in text
    assert "metadata.csv" in refusal(tmp_path / "nowhere")


@pytest.mark.parametrize(("header", "lacking"), [("file_name", "emotion"), ("a,b", "file_name, emotion")])
def test_a_missing_column_is_named(folder, header, lacking):
    text = refusal(folder(header, "1.wav"))
    assert f"lacks the column {lacking}; add it to the header" in text


def test_an_unknown_emotion_is_named_with_its_line(folder):
    text = refusal(folder("file_name,emotion", "1.wav,sad", "2.wav,bored", files=("1.wav", "2.wav")))
    assert "line 3: unknown emotion 'bored'; use neutral, angry" in text
    assert "disgust" in text


def test_a_missing_file_is_named_with_its_line(folder):
    text = refusal(folder("file_name,emotion", "1.wav,sad", "2.wav,sad", files=("1.wav",)))
    assert "line 3: 2.wav does not exist" in text


def test_a_row_cut_short_is_named_with_its_line(folder):
    text = refusal(folder("file_name,emotion", "1.wav,sad", "2.wav", files=("1.wav", "2.wav")))
    assert "line 3: unknown emotion ''" in text


def test_a_row_without_a_file_name_is_named_with_its_line(folder):
    assert "line 2:" in refusal(folder("file_name,emotion", ",sad"))


@pytest.mark.parametrize("rows", [(), ("1.wav,disgust",)])
def test_a_table_without_usable_rows_is_refused(folder, rows):
    assert "lists no usable clip; add rows" in refusal(folder("file_name,emotion", *rows))


def test_an_empty_file_lacks_its_columns(folder):
    assert "lacks the column file_name, emotion" in refusal(folder())


def test_a_table_in_another_encoding_is_refused(folder):
    text = refusal(folder("file_name,emotion", "müde.wav,sad", encoding="latin-1"))
    assert "save it as UTF-8 CSV" in text


def test_lines_are_counted_past_a_quoted_line_break(folder):
    lines = ("file_name,emotion,transcript", '1.wav,sad,"one', 'two"', "2.wav,bored,x")
    assert "line 4: unknown emotion 'bored'" in refusal(folder(*lines, files=("1.wav", "2.wav")))
