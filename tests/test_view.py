"""A view that is dark, covered or blurred is named; real pictures, darkened ones too, are not."""

import av
import cv2
import numpy as np
import pytest

from edge.perception.view import BLURRED, COVERED, contents, hindrance, sharpness


def frames(path, count=5):
    """Some pictures of a video, the first left out: it may be faded in."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_count = 1
        found = []
        for index, frame in enumerate(container.decode(stream)):
            if index % 25 == 24:
                found.append(frame.to_ndarray(format="rgb24"))
            if len(found) == count:
                break
    return found


def blurred(image, deviation=3.0):
    """deviation: pixels in a width of 640."""
    return cv2.GaussianBlur(image, (0, 0), deviation * image.shape[1] / 640)


def covered(level, shading, noise, rng):
    """A hand before the lens: no edges, shaded, and the noise of a sensor at its limit."""
    y, x = np.mgrid[:480, :640] / 480.0
    surface = level * (1.0 - shading * ((x - 0.4) ** 2 + (y - 0.4) ** 2))
    noisy = surface[..., None] * [1.0, 0.7, 0.6] + rng.normal(0, noise, (480, 640, 3))
    return noisy.clip(0, 255).astype(np.uint8)


def test_the_demo_is_seen_well_until_it_is_blurred_or_dark(demo):
    for image in frames(demo):
        assert hindrance(image) == ""
        assert hindrance((image * 0.3).astype(np.uint8)) == ""
        assert hindrance(blurred(image)) == "blurred"
        assert hindrance((image * 0.05).astype(np.uint8)) == "dark"


@pytest.mark.slow
def test_sharp_and_blurred_videos_lie_far_on_either_side(media):
    for name in ("WolfgangLanger_Pexels.mp4", "ravdess-01-neutral.mp4", "single_face.mp4", "no_face.mp4"):
        for image in frames(media / name, 2):
            assert sharpness(image) > 3.0 * BLURRED, name
            assert sharpness(blurred(image)) < 0.7 * BLURRED, name
            assert hindrance(image) == "", name
            assert contents((image * 0.3).astype(np.uint8))[0] > 1.2 * COVERED[0], name


@pytest.mark.parametrize("level", [40, 90, 160])
@pytest.mark.parametrize("shading", [0.0, 0.3])
@pytest.mark.parametrize("noise", [0, 10])
def test_a_hand_before_the_lens_is_a_cover(level, shading, noise, rng):
    assert hindrance(covered(level, shading, noise, rng)) == "covered"


def test_a_lens_cap_is_dark(rng):
    assert hindrance(np.zeros((48, 64, 3), np.uint8)) == "dark"
    assert hindrance(covered(5, 0.0, 3, rng)) == "dark"


def test_the_size_of_the_picture_does_not_matter(demo):
    image = frames(demo, 1)[0]
    large = cv2.resize(image, None, fx=2.5, fy=2.5, interpolation=cv2.INTER_CUBIC)
    assert sharpness(large) == pytest.approx(sharpness(image), rel=0.4)
    assert hindrance(large) == ""
    assert hindrance(image[:1, :1]) in ("dark", "covered")
