"""What drawing the panel costs: the panels of a minute, timed one by one."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import numpy as np

from edge.display.panel.panel import draw
from edge.display.view import TIMELINE_S, PanelState, Setup, ViewOptions
from edge.display.window.window import FPS
from edge.items import Face, Frame, Health, Reading
from edge.sources.recorded.recording import RecordingSource
from edge.starter_labels import STARTER


def panel_times(clip: Path, panels: int = 150) -> tuple[list[float], list[float]]:
    """Milliseconds each panel takes, and those of them a processor works on it: less on a busy machine.

    Each shows another picture of the clip and another moment, below them a full timeline in Japanese. Drawn
    and turned to the order of colours the window wants, as window/window.py does; what the screen then
    does with it is not in it. Raises MediaError.
    """
    import cv2

    cv2.setNumThreads(1)
    state, look = (
        PanelState(Setup(STARTER, (1 / len(STARTER),) * len(STARTER), bundle="bench")),
        ViewOptions("ja"),
    )
    for second in range(int(TIMELINE_S) + 1):
        state.write(_reading(second))
    state.feel((Health("microphone", "running", rate=16000.0, level_db=-30.0), Health("camera", "running")))
    frames = _frames(clip)
    times, cpu = [], []
    for i in range(panels + 5):
        if frames:
            high, wide = frames[i % len(frames)].image.shape[:2]
            face = Face(0.4 * wide, 0.2 * high, 0.2 * wide, 0.4 * high, 0.9)
            state.see(dataclasses.replace(frames[i % len(frames)], time=TIMELINE_S + i / FPS), {None: face})
        began, worked = time.perf_counter(), time.thread_time()
        cv2.cvtColor(draw(state.view(look, TIMELINE_S + i / FPS)), cv2.COLOR_RGB2BGR)
        if i >= 5:  # the first ones load fonts and draw what stays the same
            times.append(1000.0 * (time.perf_counter() - began))
            cpu.append(1000.0 * (time.thread_time() - worked))
    return times, cpu


def _reading(second: int) -> Reading:
    label = second // 7 % len(STARTER)
    shares = np.full(len(STARTER), 0.08, np.float32)
    shares[label] += 1.0 - shares.sum()
    return Reading(
        time=float(second),
        state="needs_check" if second % 9 == 0 else "reading",
        source="clip",
        label=STARTER[label],
        probabilities=shares,
        candidates=(STARTER[label], STARTER[label - 1]),
        margin=0.5,
        votes=8,
        weights={"audio": 0.4, "vision": 0.6},
        delay_ms=800.0,
    )


def _frames(clip: Path) -> list[Frame]:
    with RecordingSource(clip, 16000) as source:
        return [item for item in source if isinstance(item, Frame)][:30]
