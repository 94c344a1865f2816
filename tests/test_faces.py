"""The face found is the one that matters, and it stays the same one."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import MEDIA

from edge.errors import EngineError
from edge.items import Face, Frame
from edge.perception.faces import (
    MIN_SCORE,
    SEARCH_SIDE,
    FaceFollower,
    _overlap,
    brightness,
    shrink,
    too_dark,
)
from edge.perception.tracks import PATIENCE_S, FaceTracker
from edge.sources.recorded.recording import RecordingSource

ASSETS = Path(__file__).parents[1] / "edge" / "assets"
DETECTOR = ASSETS / "face_detector.onnx"

real = pytest.mark.skipif(not MEDIA.exists(), reason="real recordings are not in the repository")


def frames(path, step=1):
    with RecordingSource(path, 16000) as source:
        return [item for item in source if isinstance(item, Frame)][::step]


@pytest.fixture(scope="module")
def portrait():
    """A head, RGB [240, 200, 3], its face in the middle."""
    frame = frames(ASSETS / "demo.mp4")[0]
    face = FaceFollower(DETECTOR).find(frame)
    left, top = round(face.left + face.width / 2 - 100), round(face.top + face.height / 2 - 110)
    padded = np.pad(frame.image, ((40, 40), (0, 0), (0, 0)), mode="edge")
    return padded[top + 40 : top + 280, left : left + 200]


def scene(portrait, *heads, time=0.0):
    """Heads (centre x, centre y, height) on a grey wall of 640 by 360 pixels; later ones stand in front."""
    image = np.full((360, 640, 3), 128, np.uint8)
    for x, y, height in heads:
        head = cv2.resize(portrait, (height * 200 // 240, height), interpolation=cv2.INTER_AREA)
        left, top = x - head.shape[1] // 2, y - height // 2
        image[top : top + height, left : left + head.shape[1]] = head
    return Frame(time, image)


def centre(face):
    return face.left + face.width / 2


def test_the_face_lies_where_it_is_in_the_full_frame(portrait):
    face = FaceFollower(DETECTOR).find(scene(portrait, (400, 180, 240)))
    assert centre(face) == pytest.approx(400, abs=12)
    assert face.top + face.height / 2 == pytest.approx(170, abs=15)
    assert 80 < face.width < face.height < 180
    assert 0.7 <= face.score <= 1.0


def test_an_upright_frame_works_as_well(portrait):
    lying = scene(portrait, (200, 180, 240)).image
    face = FaceFollower(DETECTOR).find(Frame(0.0, np.pad(lying[:, :400], ((0, 300), (0, 0), (0, 0)))))
    assert centre(face) == pytest.approx(200, abs=12)


def test_the_largest_face_is_followed_first_and_then_kept(portrait):
    follower = FaceFollower(DETECTOR)
    assert centre(follower.find(scene(portrait, (160, 180, 200), (480, 180, 150)))) < 320
    # The other one comes a little nearer; the first is still the one read.
    assert centre(follower.find(scene(portrait, (170, 180, 160), (480, 180, 200)))) < 320
    assert centre(FaceFollower(DETECTOR).find(scene(portrait, (170, 180, 160), (480, 180, 200)))) > 320


def test_a_face_much_nearer_to_the_camera_takes_over(portrait):
    follower = FaceFollower(DETECTOR)
    assert centre(follower.find(scene(portrait, (120, 180, 110)))) < 320
    assert centre(follower.find(scene(portrait, (120, 180, 110), (450, 180, 320)))) > 320


def test_a_face_that_left_is_let_go_after_a_while(portrait):
    follower = FaceFollower(DETECTOR)
    follower.find(scene(portrait, (100, 180, 140)))
    other = (540, 180, 140)
    assert follower.find(scene(portrait, other, time=0.5)) is None
    assert follower.find(scene(portrait, other, time=PATIENCE_S)) is None
    assert centre(follower.find(scene(portrait, other, time=PATIENCE_S + 0.5))) > 320


def test_a_face_hidden_for_seconds_is_the_same_one_when_it_is_back(portrait):
    follower = FaceFollower(DETECTOR)
    left, right = (160, 180, 170), (480, 180, 150)
    for step in range(4):
        assert centre(follower.find(scene(portrait, left, right, time=step / 2))) < 320
    for step in range(4, 9):
        assert follower.find(scene(portrait, right, time=step / 2)) is None
    # The other one is larger by now, and still not the one that is read.
    assert centre(follower.find(scene(portrait, left, (480, 180, 200), time=4.5))) < 320


def test_two_people_who_cross_are_not_exchanged(portrait):
    follower = FaceFollower(DETECTOR)
    places = []
    for step in range(17):
        there, back = 120 + 25 * step, 520 - 25 * step
        found = follower.find(scene(portrait, (there, 190, 170), (back, 180, 140), time=step / 4))
        places.append(found and centre(found) - there)
    assert places[-1] is not None
    assert sum(place is not None for place in places) >= 12
    assert all(abs(place) < 40 for place in places if place is not None)


def test_the_one_in_the_middle_is_read_where_the_site_says_so(portrait):
    middle, large = (330, 180, 120), (110, 180, 200)
    assert centre(FaceFollower(DETECTOR, "nearest").find(scene(portrait, middle, large))) < 220
    follower = FaceFollower(DETECTOR, "centre")
    assert centre(follower.find(scene(portrait, middle, large))) == pytest.approx(330, abs=12)
    # Beside the middle it stays the one; when another one sits there, that one is read.
    assert centre(follower.find(scene(portrait, (360, 180, 120), time=0.5))) == pytest.approx(360, abs=12)
    swapped = scene(portrait, (560, 180, 120), (320, 180, 120), time=1.0)
    assert centre(FaceFollower(DETECTOR, "centre").find(swapped)) == pytest.approx(320, abs=12)


def test_no_face_in_an_empty_picture():
    follower = FaceFollower(DETECTOR)
    noise = np.random.default_rng(0).integers(0, 255, (360, 640, 3)).astype(np.uint8)
    assert follower.find(Frame(0.0, noise)) is None
    assert follower.find(Frame(0.0, np.zeros((360, 640, 3), np.uint8))) is None
    assert follower.find(Frame(0.0, np.zeros((1, 1, 3), np.uint8))) is None


def test_brightness_and_darkness():
    def flat(level):
        return np.full((37, 53, 3), level, np.uint8)

    assert brightness(flat(255)) == pytest.approx(1.0)
    assert brightness(flat(51)) == pytest.approx(0.2)
    assert too_dark(flat(5))
    assert not too_dark(flat(40))
    assert brightness(np.zeros((1, 1, 3), np.uint8)) == 0.0


def test_a_spoilt_detector_is_one_clear_line(tmp_path):
    (tmp_path / "bad.onnx").write_bytes(b"no network")
    for path in (tmp_path / "bad.onnx", tmp_path / "missing.onnx"):
        with pytest.raises(EngineError, match=r"copy (the bundle again|or export it again)") as caught:
            FaceFollower(path).find(Frame(0.0, np.zeros((48, 64, 3), np.uint8)))
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)


def test_the_demo_clip_shows_its_face():
    follower = FaceFollower(DETECTOR)
    found = [follower.find(frame) for frame in frames(ASSETS / "demo.mp4", step=4)]
    assert all(isinstance(face, Face) for face in found)


@real
def test_real_videos():
    follower = FaceFollower(DETECTOR)
    seen = frames(MEDIA / "WolfgangLanger_Pexels.mp4", step=12)
    assert all(follower.find(frame) for frame in seen)
    follower = FaceFollower(DETECTOR)
    assert not any(follower.find(frame) for frame in frames(MEDIA / "no_face.mp4", step=6))


@real
@pytest.mark.parametrize("name", ["WolfgangLanger_Pexels.mp4", "single_face.mp4"])
def test_one_real_person_stays_one(name):
    tracks, follower = FaceTracker(), FaceFollower(DETECTOR)
    numbers = [set(tracks.update(follower._detect(f.image), f.time)) for f in frames(MEDIA / name, step=8)]
    assert set.union(*numbers) == {1}


@real
def test_five_real_faces_are_five(rng):
    (frame,) = frames(MEDIA / "multi_face.jpg")
    found = FaceFollower(DETECTOR)._detect(frame.image)
    tracks = FaceTracker()
    first = tracks.update(found, 0.0)
    for step in range(1, 6):
        assert tracks.update([found[i] for i in rng.permutation(5)], step / 2) == first


@real
def test_the_main_one_of_five_faces():
    (frame,) = frames(MEDIA / "multi_face.jpg")
    follower = FaceFollower(DETECTOR)
    found = follower._detect(frame.image)
    assert len(found) == 5
    assert follower.find(frame) == max(found, key=lambda face: face.width + face.height)


REAL = ("WolfgangLanger_Pexels.mp4", "single_face.mp4", "ravdess-01-neutral.mp4")


def pictures(path, step):
    with RecordingSource(path, 16000) as source:
        return [item.image for item in source if isinstance(item, Frame)][::step]


def area(image):
    """Shrunk by the exact mean of what each pixel covers."""
    scale = SEARCH_SIDE / max(image.shape[:2])
    size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def by_opencv(small, width, height):
    """What cv2.FaceDetectorYN finds in a small picture, in pixels of one of this size."""
    network = cv2.FaceDetectorYN.create(str(DETECTOR), "", small.shape[1::-1], MIN_SCORE)
    rows = network.detect(cv2.cvtColor(small, cv2.COLOR_RGB2BGR))[1]
    across, down = width / small.shape[1], height / small.shape[0]
    found = [] if rows is None else rows.tolist()
    return [Face(r[0] * across, r[1] * down, r[2] * across, r[3] * down, r[14]) for r in found]


@pytest.mark.parametrize("far", [1, 2, 4])
@pytest.mark.parametrize("name", REAL)
def test_shrinking_fast_finds_the_same_faces_near_and_far(media, name, far):
    """Boxes move less than by searching at 300 pixels for 320, and the size by no more than two percent."""
    overlaps, sizes = [], []
    for image in pictures(media / name, step=15):
        height, width = image.shape[:2]
        scene = np.full_like(image, 110)
        scene[: height // far, : width // far] = cv2.resize(
            image, (width // far, height // far), interpolation=cv2.INTER_AREA
        )
        (wanted,) = by_opencv(area(scene), width, height)
        (found,) = FaceFollower(DETECTOR)._detect(scene)
        overlaps.append(_overlap(found, wanted))
        sizes.append((found.width + found.height) / (wanted.width + wanted.height))
    assert np.mean(overlaps) > 0.95
    assert np.mean(sizes) == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize(
    "size", [(360, 480), (667, 1000), (720, 1280), (1280, 961), (640, 360), (48, 64), (1, 1)]
)
def test_a_shrunk_picture_is_the_mean_of_what_it_covers(size, rng):
    coarse = rng.integers(0, 255, (max(1, size[0] // 16), max(1, size[1] // 16), 3)).astype(np.uint8)
    image = cv2.resize(coarse, size[::-1], interpolation=cv2.INTER_CUBIC)
    small, (width, height) = shrink(image)
    assert max(small.shape[:2]) == SEARCH_SIDE
    assert (size[1] - width, size[0] - height) < (4, 4)
    covered = image[:height, :width]
    exact = cv2.resize(covered, small.shape[1::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(small.astype(int) - exact).mean() < 3


def test_noise_is_averaged_away(rng):
    noise = rng.integers(0, 255, (720, 1280, 3)).astype(np.uint8)
    small, _ = shrink(noise)
    assert small.std() < noise.std() / 3.5
