"""Readings, pictures and devices that panels are drawn from."""

import numpy as np

from edge.display.view import PanelState, Setup, ViewOptions
from edge.items import Face, Frame, Health, Reading
from edge.starter_labels import STARTER as LABELS

SETUP = Setup(LABELS, (0.62, 0.08, 0.1, 0.08, 0.08, 0.04), 0.1, 1.0, "line3")
DEVICES = (
    Health("microphone", "running", "clipping", 0.0, 16000.0, -2.0),
    Health("camera", "running", "", 0.0, 14.8),
)


def read(time, label="happy", share=0.8, **changes):
    shares = np.full(6, (1.0 - share) / 5, np.float32)
    shares[LABELS.index(label)] = share
    values = {"state": "reading", "candidates": (label,), "margin": share - (1 - share) / 5, "votes": 4}
    values |= {"source": "clip.mp4", "weights": {"audio": 0.4, "vision": 0.6}, "delay_ms": 812.0} | changes
    return Reading(time=float(time), label=label, probabilities=shares, **values)


def state(time, name):
    return Reading(time=float(time), state=name, source="clip.mp4")


def minute():
    """A minute with three labels, a state and a gap."""
    found = [read(t, "neutral") for t in range(1, 20)] + [state(t, "no_speech") for t in range(20, 25)]
    found += [read(t, "sad", 0.4, state="needs_check", candidates=("sad", "worried")) for t in range(25, 30)]
    return found + [read(t) for t in range(40, 61)]  # nothing from 30 to 39


def picture(time=60.0):
    """A grey ramp with a light square, and the square as its face."""
    image = np.empty((360, 640, 3), np.uint8)
    image[:] = np.linspace(40, 180, 640, dtype=np.uint8)[None, :, None]
    image[100:220, 250:370] = (230, 200, 180)
    return Frame(time, image), {None: Face(250, 100, 120, 120, 0.9)}


def board(readings=(), seen=None, devices=DEVICES, setup=SETUP):
    made = PanelState(setup)
    for reading in readings or minute():
        made.write(reading)
    made.see(*(seen or picture()))
    made.feel(devices)
    return made


def view(language="en", privacy=False, now=60.0, **changes):
    return board(**changes).view(ViewOptions(language, privacy), now)
