"""Labelled folders in the generic layout: what is read, and what is said about what is wrong."""

import unicodedata

import pytest

from calibration.data.dataset import nameless, read_folder, read_judged
from calibration.data.labels import DROPPED, LabelReader
from edge.errors import DatasetError
from edge.starter_labels import STARTER as LABELS


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
        read_folder(folder, LabelReader(LABELS), **options)
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
        ),
        LabelReader(LABELS),
    )
    first, second = examples
    assert (first.name, first.label, first.speaker) == ("a/1.wav", LABELS.index("angry"), "anna")
    assert first.path.is_file()
    assert first.transcript == "Not again."
    assert (second.label, second.speaker, second.transcript) == (LABELS.index("sad"), "ben", "Well, no.")
    assert (first.session, second.session) == ("monday", "monday")
    assert second.also == ()
    assert second.tile is None


def test_columns_may_come_in_any_order_and_others_are_passed_over(folder):
    (example,) = read_folder(
        folder("mood,emotion,file_name", "x,happy,1.wav", files=("1.wav",)), LabelReader(LABELS)
    )
    assert (example.name, example.label) == ("1.wav", LABELS.index("happy"))


def test_an_example_without_speaker_is_its_own(folder):
    lines = ("file_name,emotion,speaker", "1.wav,sad,", "2.wav,sad,ben")
    examples = read_folder(folder(*lines, files=("1.wav", "2.wav")), LabelReader(LABELS))
    assert [example.speaker for example in examples] == ["1.wav", "ben"]
    examples = read_folder(folder("file_name,emotion", "1.wav,sad", "2.wav,sad"), LabelReader(LABELS))
    assert [example.speaker for example in examples] == ["1.wav", "2.wav"]
    assert all(example.transcript is None for example in examples)


def test_a_blank_transcript_is_none(folder):
    (example,) = read_folder(
        folder("file_name,emotion,transcript", "1.wav,sad,  ", files=("1.wav",)), LabelReader(LABELS)
    )
    assert example.transcript is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_spreadsheet_may_put_its_mark_first(folder, encoding):
    (example,) = read_folder(
        folder("file_name,emotion", "ü.wav,sad", files=("ü.wav",), encoding=encoding), LabelReader(LABELS)
    )
    assert example.name == "ü.wav"


NAMES = [(name, label) for label in LABELS for name in sorted(LABELS.names_of(label))]


@pytest.mark.parametrize(("name", "label"), NAMES)
def test_names_of_published_corpora_are_known(name, label):
    for written in (name, name.upper(), f" {name.title()} "):
        assert LabelReader(LABELS).index(written, "here") == LABELS.index(label)


def test_every_label_has_its_own_name_and_none_is_dropped():
    assert [LABELS.find(name) for name in LABELS] == list(LABELS)
    names = [name for name, _ in NAMES]
    assert len(names) == len(set(names)) > 40
    assert not set(names) & set(DROPPED)


def test_disgust_and_contempt_are_left_out(folder):
    lines = ("file_name,emotion", "1.wav,disgust", "2.wav,sad", "3.wav,Contempt", "4.wav,calm")
    examples = read_folder(folder(*lines, files=("2.wav", "4.wav")), LabelReader(LABELS))
    assert [(e.name, LABELS[e.label]) for e in examples] == [("2.wav", "sad"), ("4.wav", "neutral")]


def test_text_needs_no_files(folder):
    where = folder("file_name,emotion,transcript", "row1,joy,Lovely.")
    (example,) = read_folder(where, LabelReader(LABELS), files=False)
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
    assert "line 3 has 1 cells under 2 columns" in text


def test_a_row_without_a_file_name_is_named_with_its_line(folder):
    assert "line 2:" in refusal(folder("file_name,emotion", ",sad"))


@pytest.mark.parametrize("rows", [(), ("1.wav,disgust",)])
def test_a_table_without_usable_rows_is_refused(folder, rows):
    assert "lists no usable clip; add rows" in refusal(folder("file_name,emotion", *rows))


@pytest.mark.parametrize("lines", [(), ("", " , ", "　")])
def test_an_empty_file_is_told_its_columns(folder, lines):
    assert "is empty; write a header with the columns file_name, emotion" in refusal(folder(*lines))


def test_a_table_in_another_encoding_is_refused(folder):
    text = refusal(folder("file_name,emotion", "müde.wav,sad", encoding="latin-1"))
    assert "line 2 is neither UTF-8 nor Shift-JIS; save it as UTF-8 CSV" in text


def test_lines_are_counted_past_a_quoted_line_break(folder):
    lines = ("file_name,emotion,transcript", '1.wav,sad,"one', 'two"', "2.wav,bored,x")
    assert "line 4: unknown emotion 'bored'" in refusal(folder(*lines, files=("1.wav", "2.wav")))


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("喜び", "happy"),
        ("平静", "neutral"),
        ("中立", "neutral"),
        ("怒り", "angry"),
        ("悲しみ", "sad"),
        ("不安", "worried"),
        ("恐れ", "worried"),
        ("恐怖", "worried"),
        ("驚き", "surprise"),
        ("　喜び　", "happy"),
        ("Ｈａｐｐｙ", "happy"),
        ("ﾆｭｰﾄﾗﾙ", "neutral"),
        (unicodedata.normalize("NFD", "喜び"), "happy"),
    ],
)
def test_japanese_labels_are_known(name, label):
    assert LabelReader(LABELS).index(name, "here") == LABELS.index(label)


@pytest.mark.parametrize("name", ["嫌悪", "軽蔑", "Ｄｉｓｇｕｓｔ", " contempt "])
def test_emotions_that_are_left_out_are_so_in_japanese(name):
    assert LabelReader(LABELS).index(name, "here") is None


def test_what_is_unknown_is_said_in_one_line_of_japanese(folder):
    with pytest.raises(DatasetError) as caught:
        read_folder(folder("file_name,emotion", '1.wav,"bo\nred"', files=("1.wav",)), LabelReader(LABELS))
    assert "の 2 行目：感情「bo red」は使用できません" in caught.value.told("ja")
    assert "\n" not in str(caught.value)


def test_a_speaker_is_one_person_whatever_the_space_and_the_normal_form(folder):
    names = ["Zoë 山田", " Zoë 山田 ", "Zoë　山田", unicodedata.normalize("NFD", "Zoë 山田"), "Zoë  山田"]
    rows = [f"{i}.wav,sad,{name}" for i, name in enumerate(names)]
    where = folder("file_name,emotion,speaker", *rows, files=[f"{i}.wav" for i in range(5)])
    assert {example.speaker for example in read_folder(where, LabelReader(LABELS))} == {"Zoë 山田"}


@pytest.mark.parametrize("other", ["anna", "Ａｎｎａ", "An na"])
def test_names_that_only_look_apart_are_refused_with_both_lines(folder, other):
    lines = ("file_name,emotion,speaker", "1.wav,sad,Anna", f"2.wav,sad,{other}")
    text = refusal(folder(*lines, files=("1.wav", "2.wav")))
    assert f"line 3: the speaker '{other}' is 'Anna' in line 2 but for case, width or spaces" in text


@pytest.mark.parametrize("again", ["1.wav", "./1.wav", "a/../1.wav", " 1.wav "])
def test_a_file_listed_twice_is_refused_with_both_lines(folder, again):
    lines = ["file_name,emotion,speaker", "1.wav,sad,anna", f"{again},sad,ben"]
    assert "line 3: 1.wav is listed in line 2 already" in refusal(folder(*lines, files=("1.wav",)))
    lines[2] = f"{again},happy,anna"
    assert "line 3: 1.wav is happy here and sad in line 2" in refusal(folder(*lines))
    lines[2] = f"{again},disgust,anna"
    assert "line 3: 1.wav is disgust here and sad in line 2" in refusal(folder(*lines))


@pytest.mark.parametrize("cells", ["nan,0.5", "0.5,nan", "inf,0.5", "0.5,1.5", "0.5,-0.1", "x,0.5"])
def test_numbers_of_a_pseudo_label_are_finite_and_in_range(folder, cells):
    text = refusal(folder("file_name,emotion,weight,p_sad", f"1.wav,sad,{cells}", files=("1.wav",)))
    assert "line 2: " in text
    assert "is no number from 0 to 1" in text


def test_seconds_are_a_number(folder):
    lines = ("file_name,emotion,seconds", "1.wav,sad,3.3", "2.wav,sad,-1")
    assert "line 3: seconds '-1' is no number" in refusal(folder(*lines, files=("1.wav", "2.wav")))


def test_who_is_not_named_is_counted(folder):
    lines = ("file_name,emotion,speaker", "1.wav,sad,anna", "2.wav,sad,", "3.wav,sad,3.wav")
    where = folder(*lines, files=("1.wav", "2.wav", "3.wav"))
    assert [example.named for example in read_judged(where, LABELS)] == [True, False, True]
    assert nameless(read_judged(where, LABELS)) == 1
