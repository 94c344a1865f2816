"""The audio student before and after its adaptation to noise, judged on the same mixtures."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from corpora import RECIPE, tone, write_voices, write_wav

from calibration.data.dataset import Example
from calibration.judge.evaluate import evaluate_folder
from edge.bundle.manifest import AudioSpec
from edge.errors import ConfigError, DatasetError
from edge.starter_labels import STARTER as LABELS
from export.judge.bundles import BESIDE_DB, adaptation, machines_of, score_bundles
from export.judge.heldout import HeldOut, write_set
from export.recipe import read_recipe
from export.students.audio import LEARN, train_audio, unadapted_audio
from export.students.networks import TOKEN

NOISES = 12


def adapting(folder, lines):
    """The tiny recipe with lines of its own under [audio]."""
    path = folder / "adapted.toml"
    path.write_text(RECIPE.replace("[audio]\n", f"[audio]\n{lines}\n", 1))
    return read_recipe(path)


def write_noises(folder, rng, count=NOISES):
    for number in range(count):
        write_wav(folder / f"press-{number}.wav", 0.1 * rng.standard_normal(24000))


@pytest.fixture
def voices(tmp_path, rng):
    """A held-out set of every label, known voices and new ones, as the export makes them."""
    examples = []
    for index, name in enumerate(LABELS):
        write_wav(tmp_path / f"{name}.wav", tone(index, 1.0, rng))
        examples.append(Example(f"{name}.wav", index, f"s{index % 2}", tmp_path / f"{name}.wav"))
    write_set(tmp_path / "heldout", examples, LABELS)
    return [HeldOut("voices", "audio", examples), HeldOut("voices", "audio", examples, new_voices=True)]


@pytest.mark.slow
def test_both_students_hear_the_same_mixtures(voices, tiny_bundle, tmp_path, rng, capsys):
    write_noises(tmp_path / "noise", rng)
    recipe = adapting(tmp_path, 'noise = "noise"\nadapt_epochs = 1')
    machines = machines_of(recipe, tmp_path)
    assert [around.snr_db for around in machines] == list(BESIDE_DB) == [5.0, 0.0]
    # The same bundle twice: whatever differs would be the mixtures.
    clear = {title: row["x"] for title, row in score_bundles({"x": tiny_bundle}, voices)[0].items()}
    rows = adaptation(tiny_bundle, tiny_bundle, clear, voices, machines)
    titles = [held_out.title for held_out in voices]
    assert [(r["set"], r["snr_db"]) for r in rows] == [(t, db) for t in titles for db in (None, 5.0, 0.0)]
    assert all(row["before"] == row["after"] for row in rows)
    told = {(row["set"], row["snr_db"]): row for row in rows}
    for around in (None, *machines):
        noise = around and (tmp_path / "noise", around.snr_db)
        for held_out in voices:
            known = {"new_voices": held_out.new_voices, "noise": noise}
            again = evaluate_folder(tiny_bundle.folder, tmp_path / "heldout", "audio", **known)
            (found,) = score_bundles({"x": tiny_bundle}, [held_out], around)[0].values()
            assert again == found["x"]
            row = told[held_out.title, around and around.snr_db]
            assert (row["n"], row["after"]) == (again.n, again.unweighted_recall)
    assert "audio on voices at 5 dB: unweighted recall before 0." in capsys.readouterr().err


def test_what_is_known_in_the_clear_is_not_judged_again(voices, tiny_bundle):
    known = {held_out.title: SimpleNamespace(n=6, unweighted_recall=0.987) for held_out in voices}
    rows = adaptation(tiny_bundle, tiny_bundle, known, voices, [])
    assert [(row["snr_db"], row["after"]) for row in rows] == [(None, 0.987)] * 2


@pytest.mark.parametrize("lines", ["", 'noise = "noise"', "adapt_epochs = 1"])
def test_without_adaptation_to_a_noise_nothing_is_judged(lines, tmp_path):
    assert machines_of(adapting(tmp_path, lines), tmp_path) == []


def test_noise_that_leaves_nothing_to_judge_by_is_said(tmp_path, rng):
    write_wav(tmp_path / "noise" / "press-0.wav", 0.1 * rng.standard_normal(1600))
    recipe = adapting(tmp_path, 'noise = "noise"\nadapt_epochs = 1')
    with pytest.raises(DatasetError, match="1 recordings leave none to be judged by; add some"):
        machines_of(recipe, tmp_path)


def test_the_weights_before_adaptation_are_kept(tmp_path, rng):
    write_voices(tmp_path / "voices", speakers=4, clips=1)
    write_noises(tmp_path / "noise", rng)
    recipe = adapting(tmp_path, 'noise = "noise"\nadapt_epochs = 1')
    plain = recipe.model_copy(update={"audio": recipe.audio.model_copy(update={"adapt_epochs": 0})})
    heard = torch.randn(2, AudioSpec().mels, 400), torch.zeros(2, TOKEN)
    first, last = (train_audio(wanted, tmp_path, tmp_path / "audio") for wanted in (plain, recipe))
    with torch.no_grad():
        wanted, adapted = (student.eval()(*heard)[1] for student in (first, last))
        found = unadapted_audio(recipe, tmp_path / "audio").eval()(*heard)[1]
    torch.testing.assert_close(found, wanted)  # other memory layout, other rounding
    assert not np.allclose(found, adapted)
    (tmp_path / "audio" / f"{LEARN}.pt").unlink()
    with pytest.raises(ConfigError, match=r"lacks audio\.pt; delete the folder to train the audio student"):
        unadapted_audio(recipe, tmp_path / "audio")
