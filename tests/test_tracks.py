"""A face keeps its number."""

import pytest

from edge.items import Face
from edge.perception.tracks import PATIENCE_S, FaceTracker


def face(x, y=100.0, side=40.0):
    return Face(x - side / 2, y - side / 2, side, side, 0.9)


def test_numbers_are_given_once():
    tracks = FaceTracker()
    assert tracks.update([face(50), face(300)], 0.0) == {1: face(50), 2: face(300)}
    assert tracks.update([face(302), face(52), face(500)], 0.5) == {1: face(52), 2: face(302), 3: face(500)}
    assert tracks.update([], 0.5 + PATIENCE_S) == {}
    assert 1 in tracks
    assert tracks.update([face(50)], 0.6 + PATIENCE_S) == {4: face(50)}
    assert 1 not in tracks


@pytest.mark.parametrize("hidden", [0.5, 1.5, PATIENCE_S])
def test_who_walked_on_behind_something_is_known_again(hidden):
    tracks = FaceTracker()
    for step in range(9):
        tracks.update([face(50 + 20 * step)], step / 4)
    assert list(tracks.update([face(210 + 80 * hidden)], 2.0 + hidden)) == [1]


def test_who_stopped_behind_something_is_known_again():
    tracks = FaceTracker()
    for step in range(9):
        tracks.update([face(50 + 20 * step)], step / 4)
    assert list(tracks.update([face(240)], 5.0)) == [1]


def test_two_who_cross_and_hide_each_other_keep_their_numbers():
    tracks = FaceTracker()
    for step in range(25):
        there, back = face(100 + 20 * step, side=44), face(580 - 20 * step, y=104)
        faces = [there, back]
        if abs(there.left - back.left) < 40:
            faces = []  # neither is told from the other
        found = tracks.update(faces[:: -1 if step % 2 else 1], step / 4)
        assert not faces or found == {1: there, 2: back}


def test_another_size_is_another_face():
    tracks = FaceTracker()
    tracks.update([face(100)], 0.0)
    assert list(tracks.update([face(100, side=90)], 0.5)) == [2]
    assert 1 in tracks
