"""What people read aloud at a new site: the same sentences with every label.

Every sentence is said with every label and its words are neutral, so that no label can be told by words.
Labels take turns after a few sentences: none has a time of day, a noise or a tired voice of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edge.system.texts import csv_line

BLOCK = 5
"""Sentences in a row with one label."""
COLUMNS = ("label", "text_ja", "text_en")
SENTENCES = (
    ("この部品は三番の棚にあります。", "The part is on shelf number three."),
    ("次の作業は十時に始まります。", "The next job starts at ten o'clock."),
    ("機械の前に箱が二つあります。", "There are two boxes in front of the machine."),
    ("今日の分はここに置いてあります。", "Today's lot has been put here."),
    ("この画面に数字が出ています。", "There is a number on this screen."),
    ("ネジは青い箱に入っています。", "The screws are in the blue box."),
    ("トラックが入口に来ています。", "The truck is at the entrance."),
    ("図面は机の上に置きました。", "I have put the drawing on the desk."),
    ("検査は午後に行います。", "The inspection is done in the afternoon."),
    ("扉は左側にあります。", "The door is on the left-hand side."),
    ("ラインが一本増えました。", "There is one more line now."),
    ("担当の人が来ました。", "The person in charge has come."),
    ("道具を元の場所に戻します。", "I am putting the tool back in its place."),
    ("ランプの色が変わりました。", "The lamp has changed its colour."),
    ("記録は用紙に書いてあります。", "The record is written on the form."),
    ("材料が三十個届きました。", "Thirty pieces of material have arrived."),
    ("この手順は前と同じです。", "This step is the same as before."),
    ("時計は六時を指しています。", "The clock shows six."),
    ("隣の部屋で会議をしています。", "They are having a meeting in the next room."),
    ("台車を入口まで運びます。", "I am taking the trolley to the entrance."),
)


def prompts(labels: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Label and sentence of each prompt, in the order in which they are read."""
    blocks = [SENTENCES[start : start + BLOCK] for start in range(0, len(SENTENCES), BLOCK)]
    for turn in range(len(blocks)):
        for place, label in enumerate(labels):
            yield from ((label, *sentence) for sentence in blocks[(turn + place) % len(blocks)])


def script(labels: Sequence[str]) -> str:
    """The table of all prompts (CSV)."""
    return csv_line(COLUMNS) + "".join(csv_line(prompt) for prompt in prompts(labels))
