"""`edge evaluate`: a bundle scored on labelled recordings by the code that the device runs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from calibration.data.dataset import read_judged
from calibration.data.noise import Surroundings, load_noises
from calibration.judge.evaluator import Evaluator, Modality
from calibration.judge.metrics import Report
from calibration.judge.streams import Clip
from calibration.judge.voice_curve import voice_curve
from edge.bundle.folder import Bundle, open_bundle
from edge.errors import DatasetError, MediaError


def evaluate_folder(
    bundle: Path,
    folder: Path,
    modality: Modality,
    drop: Collection[str] = (),
    *,
    new_voices: bool = False,
    noise: tuple[Path, float] | None = None,
) -> Report:
    """Judge a bundle on a folder in the generic layout. Raises DatasetError, BundleError.

    drop: modalities withheld from the fusion, as if their device were gone.
    new_voices: judge every clip as the first words of a voice never heard; else a speaker's voice is
    known as after a minute of their other clips in the balance of a site, and a curve says how soon.
    noise: folder of sounds to judge the clips in, and the speech to noise ratio (decibels).
    Every clip is judged, whether or not the device would have shown a reading; a clip that lacks the
    modality (no face, no transcript) is counted as left out; one that cannot be decoded is named as well.
    """
    opened, around = open_bundle(bundle), None
    examples = read_judged(folder, opened.manifest.full_labels, files=modality != "text")
    if noise is not None:
        around = Surroundings(load_noises(noise[0], opened.manifest.audio.rate, judged=True), noise[1])
    with Evaluator(opened, around) as judge:
        heard = modality in ("audio", "fused") and "audio" not in drop
        if heard and not new_voices:
            judge.learn_voices(examples)
        found = judge.score(examples, modality, drop)
        return replace(found, voice=voice_curve(judge, examples)) if heard and not new_voices else found


def stream_clips(bundle: Bundle, folder: Path, drop: Collection[str] = ()) -> list[Clip]:
    """The clips of a folder as the fusion of a bundle sees them, for calibration/judge/voting_trial.py.

    Raises what `evaluate_folder` does.
    """
    clips = []
    examples = read_judged(folder, bundle.manifest.full_labels)
    with Evaluator(bundle) as judge:
        if "audio" not in drop:
            judge.learn_voices(examples)
        for example in examples:
            try:
                found, seconds = judge.fused_windows(example, drop), judge.seconds(example)
            except MediaError as error:
                judge.leave_out(example, error)
                continue
            if found:
                # A window longer than its clip saw silence first: the clip still lasts as long as it lasts.
                hops = max(len(found), round(seconds / bundle.manifest.hop_s))
                clips.append(Clip(example.label, example.speaker, tuple(found), hops))
    if not clips:
        raise DatasetError.of("none_judged", count=len(examples), folder=folder)
    return clips
