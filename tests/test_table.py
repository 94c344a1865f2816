"""Tables as people and their spreadsheets write them: what is read, and what is said of what is wrong."""

import string
import unicodedata

import pytest

from calibration.data.table import Once, read_rows, read_unquoted
from edge.errors import DatasetError
from edge.words.workstation.corpora import CORPORA
from edge.words.workstation.tables import TABLES

COLUMNS = ("file_name", "emotion")
LINES = [
    "file_name,emotion,speaker,transcript",
    "a.wav,happy,anna,Yes",
    "b.wav,sad,ben,No",
    "c.wav,sad,cem,Oh",
]
WHOLE = "\n".join(LINES) + "\n"
READ = [["a.wav", "happy", "anna", "Yes"], ["b.wav", "sad", "ben", "No"], ["c.wav", "sad", "cem", "Oh"]]


@pytest.fixture
def table(tmp_path):
    def write(content, encoding="utf-8"):
        path = tmp_path / "t.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write


def cells(path):
    return [list(row.cells.values()) for row in read_rows(path, COLUMNS)]


def refusal(path):
    with pytest.raises(DatasetError) as caught:
        read_rows(path, COLUMNS)
    text, japanese = str(caught.value), caught.value.told("ja")
    assert "\n" not in text + japanese
    assert text.startswith(str(path))
    assert japanese != text
    return text.removeprefix(str(path))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp932"])
def test_separators_line_ends_and_encodings_are_read(table, end, separator, encoding):
    text = WHOLE.replace(",", separator).replace("\n", end).replace("Yes", "とても嬉しい")
    (first, *rest) = cells(table(text, encoding))
    assert first == ["a.wav", "happy", "anna", "とても嬉しい"]
    assert rest == READ[1:]


@pytest.mark.parametrize(
    "form",
    [
        lambda text: "\n \n,,,\n" + text,
        lambda text: text.replace("\n", "\n\n"),
        lambda text: text.replace("\n", ",,\n"),
        lambda text: "sep=;\n" + text.replace(",", ";"),
        lambda text: text.replace("file_name,emotion", " File Name , ＥＭＯＴＩＯＮ "),
        lambda text: text.replace(",", " , "),
        lambda text: text.replace("Yes", '"Yes"'),
        lambda text: text.replace(",Yes", ', "Yes"'),
        lambda text: text.rstrip("\n"),
    ],
)
def test_the_form_does_not_matter(table, form):
    assert cells(table(form(WHOLE))) == READ


def test_quoted_cells_hold_separators_line_breaks_and_quotes(table):
    said = 'Well, "no"\nI said, no\n; never'
    text = WHOLE.replace("Yes", '"' + said.replace('"', '""') + '"')
    rows = read_rows(table(text), COLUMNS)
    assert rows[0]["transcript"] == said
    assert [row.line for row in rows] == [2, 5, 6]


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        (WHOLE.replace("Yes", '"Yes'), 2),
        (WHOLE.replace("Yes", '"Yes').replace("No", '"No, no"'), 2),
        (WHOLE.replace("Yes", '"Yes').replace("Oh", 'Oh"'), 2),
        (WHOLE.replace("Yes", '"Yes').replace("No", 'No"'), 2),
        (WHOLE.replace("anna", '"anna').replace("cem", '"cem"'), 2),
        (WHOLE.replace("Oh", '"Oh'), 4),
        ('"' + WHOLE, 1),
        (WHOLE.replace("Yes", '"He said "no" and left"'), 2),
        (WHOLE.replace("Yes", '"one\ntwo"').replace("No", '"No'), 4),
        (WHOLE.replace("Yes", '"one\ntwo",x').replace("speaker", "speaker,x").replace("ben", 'ben,"y'), 4),
        (WHOLE.replace("Yes", '"Yes') + "b.wav,sad,ben,No\n" * 20000, 2),
    ],
)
def test_an_open_quote_is_named_by_its_line(table, wrong, line):
    for separator in (",", "\t"):
        text = refusal(table(wrong.replace(",", separator)))
        assert text.startswith((f', line {line}: a quote (") opens',))


def test_a_row_of_another_length_is_named(table):
    assert ', line 3 has 5 cells under 4 columns; put a cell that holds "," in double quotes' in refusal(
        table(WHOLE.replace("No", "No, no"))
    )
    assert ", line 3 has 3 cells under 4 columns; add what is missing" in refusal(
        table(WHOLE.replace(",No", ""))
    )
    assert "5 cells under 4 columns" in refusal(table(WHOLE.replace(",", "\t").replace("No", "No\tno")))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (WHOLE.encode().replace(b"No", b"N\0o"), ", line 3 holds NUL characters"),
        (WHOLE.encode("utf-16-le"), ", line 1 holds NUL characters"),
        (WHOLE.replace("No", "Légère été").encode("latin-1"), ", line 3 is neither UTF-8 nor Shift-JIS"),
        (WHOLE.encode().replace(b"No", b"it\x92s"), ", line 3 is neither UTF-8 nor Shift-JIS"),
        (WHOLE.replace("No", "とても嬉しい").encode() + b"\xff", ", line 5 is neither UTF-8 nor Shift-JIS"),
        (WHOLE.replace("No", "とても嬉しい").encode("euc_jp"), ", line 3 is neither UTF-8 nor Shift-JIS"),
        (b"PK\x03\x04" + bytes(40), " is an Excel workbook, not CSV"),
        (b"", " is empty; write a header with the columns file_name, emotion"),
        (
            b"a.wav,happy\n",
            " lacks the column file_name, emotion; add it to the header, which reads: a.wav,happy",
        ),
        (b"file_name,emotion,Emotion\n", " names the column emotion twice"),
        (b"file_name,emotion\n" + b"x" * 200_000 + b",sad\n", ", line 2 cannot be read (field larger"),
    ],
)
def test_what_is_no_such_table_is_refused(table, data, said):
    assert refusal(table(data)).startswith(said)


def test_a_table_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DatasetError, match=r"none\.csv cannot be read \(No such file"):
        read_rows(tmp_path / "none.csv", COLUMNS)


@pytest.mark.parametrize("kanji", ["平静", "山田"])
def test_kanji_alone_are_known_as_shift_jis(table, kanji):
    assert cells(table(WHOLE.replace("Yes", kanji), "cp932"))[0][3] == kanji


@pytest.mark.parametrize("said", ["nan", "inf", "-1", "2", "x", "1e999", "一"])
def test_a_number_out_of_range_is_named(table, said):
    (row,) = read_rows(table(f"file_name;emotion;share\na;sad;{said}\n"), COLUMNS)
    with pytest.raises(DatasetError, match=rf"line 2: share '{said}' is no number from 0 to 1; correct it"):
        row.number("share", 0.0, 1.0)


@pytest.mark.parametrize("said", ["0.5", "0,5", "０．５", " 5e-1 "])
def test_numbers_in_any_form_are_read(table, said):
    (row,) = read_rows(table(f"file_name;emotion;share\na;sad;{said}\n"), COLUMNS)
    assert row.number("share", 0.0, 1.0) == 0.5
    assert row.number("other", 0.0, 1.0) is None


def test_files_are_found_in_either_normal_form_and_with_backslashes(table, tmp_path):
    nfc = unicodedata.normalize("NFC", "ガ/é.wav")
    for number, (disk, written) in enumerate(
        (form, other) for form in ("NFC", "NFD") for other in ("NFC", "NFD")
    ):
        folder = tmp_path / str(number)
        place = folder / unicodedata.normalize(disk, nfc)
        place.parent.mkdir(parents=True)
        place.touch()
        said = unicodedata.normalize(written, nfc).replace("/", "\\")
        (row,) = read_rows(table(f"file_name,emotion\n{said},sad\n"), COLUMNS)
        assert row.file(folder) == (nfc, place)
    mixed = tmp_path / unicodedata.normalize("NFD", "ガ") / unicodedata.normalize("NFC", "é.wav")
    mixed.parent.mkdir()
    mixed.touch()
    assert row.file(tmp_path)[1].samefile(mixed)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "file_name is empty; name the file there"),
        ("../a.wav", "../a.wav lies outside"),
        ("x\\..\\..\\a.wav", "a.wav lies outside"),
        ("C:\\clips\\a.wav", "does not exist; name the file by its path below"),
        ("/nowhere/a.wav", "does not exist; name the file by its path below"),
        ("é" * 3000, "éé... does not exist in"),
        ("a\x1b[31m.wav", "a [31m.wav does not exist in"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(table, tmp_path, name, said):
    (tmp_path.parent / "a.wav").touch()
    (row,) = read_rows(table(f"file_name,emotion\n{name},sad\n"), COLUMNS)
    with pytest.raises(DatasetError) as caught:
        row.file(tmp_path)
    assert "t.csv, line 2: " in str(caught.value)
    assert said in str(caught.value)


def test_what_comes_twice_is_named_with_both_lines(table):
    first, second, third = read_rows(table(WHOLE), COLUMNS)
    once = Once()
    once.take(first, "a.wav", "happy")
    with pytest.raises(DatasetError, match=r"line 3: a\.wav is listed in line 2 already; remove one"):
        once.take(second, "a.wav", "happy")
    with pytest.raises(DatasetError, match=r"line 4: a\.wav is sad here and happy in line 2; keep the right"):
        once.take(third, "a.wav", "sad")


def test_without_quoting_quotes_are_letters(table):
    rows = read_unquoted(table('"Oh\t0\ta\n\nHe said "no"\t1\tb\r\n'), 3)
    assert [(row.line, row["0"], row["2"]) for row in rows] == [(1, '"Oh', "a"), (3, 'He said "no"', "b")]
    with pytest.raises(DatasetError, match="line 1 has 2 cells, not 3"):
        read_unquoted(table("a\tb\n"), 3)


def test_both_languages_say_the_same_of_the_same():
    def values(text):
        return {name for _, name, *_ in string.Formatter().parse(text) if name}

    for key, (english, japanese) in {**TABLES, **CORPORA}.items():
        assert values(english) == values(japanese) - {""}, key
        assert any(ord(letter) > 0x3000 for letter in japanese), key
