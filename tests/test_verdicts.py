"""Verdicts given on the panel: keys, clicks, and what they leave in a real queue."""

import dataclasses
import itertools
import time

import numpy as np
import pytest
from panels import SETUP, board, read, state

from edge.display import judging
from edge.display.judging import Held, VerdictRequest, key_at, label_key, place_of, request_of, rows
from edge.display.panel.layout import COMPACT, FULL
from edge.display.panel.panel import at_units, draw
from edge.display.verdicts import REVIEWER, VerdictWriter
from edge.display.view import Note, ViewOptions
from edge.review.shown import reasons
from edge.review.store import Store
from edge.sections import ReviewSettings
from edge.sinks.review import Review
from edge.starter_labels import STARTER as LABELS
from edge.starter_labels import labels_of

ASKED = dataclasses.replace(SETUP, queue=True)


def shown(reading=None, setup=ASKED):
    return board([reading or read(60, "sad")], setup=setup).view(ViewOptions(), 60.0)


def test_keys_ask_for_verdicts_on_the_reading_that_is_shown():
    view = shown()
    where = ("clip.mp4", 60.0, None)
    assert request_of("c", view) == VerdictRequest("judge", (*where, "sad"))
    assert request_of("3", view) == VerdictRequest("judge", (*where, "happy"))
    assert request_of("0", view) == VerdictRequest("judge", (*where, None))
    assert request_of("u", view) == VerdictRequest("undo")
    assert request_of("7", view) is None  # six labels
    assert request_of("x", view) is None


def test_what_cannot_be_judged_is_said_and_a_past_run_takes_no_verdict():
    assert request_of("c", shown(state(60, "no_speech"))) == Note("verdict_nothing", wrong=True)
    assert request_of("c", shown(setup=dataclasses.replace(SETUP, queue=False))) == Note(
        "no_queue", wrong=True
    )
    assert request_of("c", shown(setup=SETUP)) is None


def test_no_label_has_the_key_of_something_else():
    keys = [label_key(index) for index in range(len(judging.LABEL_KEYS))]
    assert len(set(keys)) == len(keys) >= 12
    assert not set(keys) & set("0cuflpqvw")
    assert label_key(99) == ""


def test_a_key_held_down_counts_once():
    held = Held()
    assert [held.down(key) for key in "uuuc"] == [False, True, True, False]


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (800, 450), (1000, 700)])
@pytest.mark.parametrize("count", [6, 12])
def test_each_place_to_click_is_where_it_is_drawn(size, count):
    labels = tuple(f"label{i}" for i in range(count))
    setup = dataclasses.replace(ASKED, labels=labels_of(labels), prior=())
    layout = at_units(0, 0, *size)[2]
    scale = min(size[0] / layout.width, size[1] / layout.height)
    left, top = ((size[0] - scale * layout.width) / 2, (size[1] - scale * layout.height) / 2)

    def clicked(x, y):
        across, down, its = at_units(left + scale * x, top + scale * y, *size)
        return key_at(across, down, its, setup)

    for key in "c0u":
        x, y, wide, high = place_of(key, layout)
        assert {clicked(x + 2, y + 2), clicked(x + wide - 2, y + high - 2)} == {key}
    first, step = rows(layout, setup)
    for index in range(count):
        assert clicked(layout.bars[0] + 20, first + (index + 0.5) * step) == label_key(index)
    assert clicked(*layout.headline[:2]) == ""
    reading = dataclasses.replace(
        read(60), label=labels[0], candidates=labels[:1], probabilities=np.full(count, 1 / count, np.float32)
    )
    with_, without = (
        draw(board([reading], setup=dataclasses.replace(setup, queue=queue)).view(ViewOptions(), 60.0), *size)
        for queue in (True, None)
    )
    x, y, wide, high = place_of("c", layout)
    box = np.s_[round(top + scale * y) : round(top + scale * (y + high)), round(left + scale * x) :][:2]
    assert (with_[box][:, : round(scale * wide)] != without[box][:, : round(scale * wide)]).any()


def test_buttons_do_not_overlap_in_either_layout():
    for layout in (FULL, COMPACT):
        places = sorted(place_of(key, layout) for key in "c0u")
        assert all(a[0] + a[2] < b[0] for a, b in itertools.pairwise(places))
        assert all(high >= 24 for *_, high in places)


@pytest.fixture
def queue(tmp_path, tiny_bundle):
    """A queue with its sink and the verdicts of the panel: what a run has."""
    settings, voting = ReviewSettings(folder=tmp_path), tiny_bundle.manifest.voting
    notes = []
    with (
        Review(settings, tiny_bundle, print, voting=voting, run="r") as review,
        VerdictWriter(settings, tiny_bundle, voting, "r") as verdicts,
    ):
        verdicts.tell = notes.append

        def show(*readings):
            for reading in readings:
                verdicts.write(reading)
                review.write(reading)

        yield tmp_path, verdicts, show, notes


def items(folder):
    with Store(folder) as store:
        return store.items()


def told(notes, count):
    until = time.monotonic() + 30.0
    while sum(note.key != "verdict_saving" for note in notes) < count:
        assert time.monotonic() < until, notes
        time.sleep(0.02)
    return notes[-1]


def asked(moment):
    return read(moment, "sad", 0.4, state="needs_check", candidates=("sad", "worried"))


def test_a_check_is_confirmed_corrected_and_taken_back(queue):
    folder, verdicts, show, notes = queue
    show(*(asked(t) for t in range(1, 6)))
    verdicts.judge("clip.mp4", 5.0, None, "sad")  # the check began at 1 s
    assert told(notes, 1) == Note("verdict_saved", {"label": "sad"})
    verdicts.judge("clip.mp4", 5.0, None, "worried")
    assert told(notes, 2) == Note("verdict_saved", {"label": "worried"})
    (item,) = items(folder)
    assert [(v.reviewer, v.label) for v in item.verdicts] == [(REVIEWER, "worried")]
    verdicts.undo()
    told(notes, 3)
    assert [v.label for v in items(folder)[0].verdicts] == ["sad"]  # as it was before
    verdicts.undo()
    assert told(notes, 4) == Note("verdict_undone", {"label": "sad"})
    (item,) = items(folder)
    assert item.verdicts == ()  # the check waits again
    verdicts.undo()
    assert told(notes, 5) == Note("verdict_no_undo", wrong=True)


def test_any_shown_reading_can_be_corrected(queue):
    folder, verdicts, show, notes = queue
    show(read(1.0, "happy"), read(2.0, "happy"), asked(3.0))
    verdicts.judge("clip.mp4", 2.0, None, "angry")
    told(notes, 1)
    verdicts.judge("clip.mp4", 1.0, None, None)
    told(notes, 2)
    found = {item.label: item for item in items(folder) if item.verdicts}
    assert [v.label for item in items(folder) for v in item.verdicts] in (["angry", None], [None, "angry"])
    assert "not asked for" in reasons(found["happy"], LABELS, "en")
    assert len(items(folder)) == 3
    for count in (3, 4):
        verdicts.undo()
        told(notes, count)
    (left,) = items(folder)  # nobody has to judge what was made for a slip of the finger
    assert left.label == "sad"


def test_readings_of_two_people_at_one_time_are_kept_apart(queue):
    folder, verdicts, show, notes = queue
    show(*(dataclasses.replace(asked(1.0), person=person) for person in (1, 2)))
    verdicts.judge("clip.mp4", 1.0, 2, "angry")
    told(notes, 1)
    judged = [item for item in items(folder) if item.verdicts]
    assert [item.readings[0]["person"] for item in judged] == [2]
    assert len(items(folder)) == 2


def test_trouble_is_one_line_and_ends_nothing(queue):
    folder, verdicts, show, notes = queue
    show(asked(1.0))
    verdicts.judge("clip.mp4", 1.0, None, "sad")
    told(notes, 1)
    (folder / "queue.db").rename(folder / "away.db")
    (folder / "queue.db").mkdir()
    verdicts.judge("clip.mp4", 1.0, None, "worried")
    note = told(notes, 2)
    assert (note.key, note.wrong) == ("verdict_failed", True)
    assert "\n" not in note.told("ja", LABELS)
    (folder / "queue.db").rmdir()
    (folder / "away.db").rename(folder / "queue.db")
    verdicts.judge("clip.mp4", 1.0, None, "worried")
    assert told(notes, 3) == Note("verdict_saved", {"label": "worried"})
    verdicts.judge("clip.mp4", 77.0, None, "worried")
    assert told(notes, 4) == Note("verdict_nothing", wrong=True)


def test_a_note_is_told_in_the_language_of_the_panel():
    assert Note("verdict_saved", {"label": "happy"}).told("ja", LABELS) == "保存しました：喜び"
    assert Note("verdict_saved", {"label": LABELS[2]}).told("en", LABELS) == "saved: happy"
