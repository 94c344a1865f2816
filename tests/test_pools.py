"""Pools of examples that fusion windows are composed from."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from edge.errors import DatasetError
from edge.items import MODALITIES
from edge.starter_labels import STARTER as LABELS
from export.fusion import crossfit
from export.fusion.crossfit import cross_fitted, with_all_labels
from export.fusion.pools import Inputs, parts_of, require_labels
from export.fusion.windows import Pool, even_labels
from export.recipe import read_recipe

RECIPES = Path(__file__).parents[1] / "recipes"


def inputs(labels, people=None):
    people = tuple(people or (str(i) for i in range(len(labels))))
    return Inputs((torch.arange(len(labels))[:, None].float(),), torch.tensor(labels), people)


def modalities(audio):
    return {"audio": audio, "vision": inputs([0, 1, 2] * 8), "text": inputs([2, 1, 0] * 6)}


def test_parts_share_no_person_and_no_example_even_where_one_lacks_a_label():
    people = ["mika"] * 8 + ["jun"] * 3 + ["rei"] * 3
    whole = modalities(inputs([0, 1] * 4 + [0, 1, 2] * 2, people))
    parts = parts_of(whole)
    assert [{*own["audio"].people} for own, _ in parts] == [{"jun"}, {"mika"}, {"rei"}]
    for name, examples in whole.items():
        met = torch.cat([own[name].tensors[0] for own, _ in parts]).flatten().tolist()
        assert sorted(met) == list(range(len(examples)))
        for own, others in parts:
            assert len(own[name]) + len(others[name]) == len(examples)
            assert not {*own[name].people} & {*others[name].people}


@pytest.mark.parametrize("people", [["mika"] * 6, ["mika"] * 5 + ["jun"]])
def test_with_too_few_people_there_are_two_parts_that_share_every_label(people):
    parts = parts_of(modalities(inputs([0, 0, 1, 1, 2, 2], people)))
    assert len(parts) == 2
    for own, others in parts:
        assert (
            own["audio"].labels.bincount().tolist() == others["audio"].labels.bincount().tolist() == [1] * 3
        )


def test_more_people_make_no_more_than_four_parts():
    people = [str(i // 3) for i in range(21)]
    parts = parts_of(modalities(inputs([0, 1, 2] * 7, people)))
    assert sorted(len(own["audio"]) for own, _ in parts) == [3, 6, 6, 6]


def pool(labels, speaker, spoken=None):
    n = len(labels)
    rows = None if spoken is None else torch.tensor(spoken)
    tokens = torch.full((n, 1, 2), float(speaker))
    return Pool(tokens, torch.ones(n, 1), torch.tensor(labels), rows, torch.full((n,), speaker))


def test_who_lacks_a_label_is_completed_by_training_people():
    few, many = pool([0, 0, 1], 1, [0, 1, -1]), pool([0, 1, 2, 2], 2)
    own, seen = dict.fromkeys(MODALITIES, few), dict.fromkeys(MODALITIES, many)
    assert even_labels(own, 5).tolist() == [0, 1, 0, 1, 0]
    whole = with_all_labels(own, seen)["audio"]
    assert even_labels(with_all_labels(own, seen), 3).tolist() == [0, 1, 2]
    assert whole.label.tolist() == [0, 0, 1, 2, 2]
    assert whole.speaker.tolist() == [1, 1, 1, 2, 2]
    assert whole.spoken.tolist() == [0, 1, -1, -1, -1], "their sentences are in another pool"
    assert with_all_labels(seen, own)["text"] is many, "nothing lacks"


def test_heads_are_asked_about_everybody_and_about_each_voice():
    def telling_who(audio, *_):
        """Its first logit is whose voice it heard."""
        logits = torch.zeros(len(audio), len(LABELS))
        logits[:, 0] = audio[:, 0, 0]
        return logits, None

    heard = pool([0, 1, 2, 0, 1, 2, 4], 7)
    heard.speaker[3:] = heard.tokens[3:] = 8
    heard.speaker[6:] = heard.tokens[6:] = 9  # shows only what no face does
    own = {"audio": heard, "vision": pool([0, 1, 2], 1), "text": pool([2, 1, 0], 1)}
    found = cross_fitted(read_recipe(RECIPES / "starter.toml"), [telling_who, telling_who], [own, own])
    assert len(found.logits) == len(found.speaker_logits) == 7
    logits, labels = found.logits["audio", "text"]
    assert len(logits) == len(labels) == 2 * crossfit.A_LABEL * len(LABELS)
    assert {*logits[:, 0]} == {7, 8}
    for present, told in found.speaker_logits.items():
        # Who is in both parts, for there were too few people, is one person.
        assert [len(labels) for _, labels, _ in told] == [2 * 33 * len(LABELS)] * 2
        assert [{*logits[:, 0]} for logits, *_ in told] == ([{7}, {8}] if "audio" in present else [{0}] * 2)
        assert all({*labels} == {0, 1, 2} for _, labels, _ in told)
        clips = [len({*of}) for *_, of in told]  # what one voice says sounds the same here
        assert clips == ([1, 1] if "audio" in present else [2 * 33 * len(LABELS)] * 2), "else each is a clip"


def test_windows_composed_around_one_clip_are_of_one_clip():
    heard = pool([0, 1, 2], 7)
    heard.tokens[:] = torch.arange(3.0).reshape(3, *[1] * (heard.tokens.ndim - 1))
    drawn = heard.tokens[[2, 0, 2, 2]]
    assert crossfit._clips_of(drawn, heard).tolist() == [2, 0, 2, 2]
    cut = replace(heard, clip=torch.tensor([5, 5, 6]))  # two windows of one clip
    assert crossfit._clips_of(drawn, cut).tolist() == [6, 5, 6, 6]
    assert crossfit._clips_of(torch.full_like(drawn, 9.0), heard).tolist() == [-1, -2, -3, -4]
    assert cut.take(torch.tensor([2])).clip.tolist() == [6]


def test_transcripts_and_people_follow_their_examples():
    whole = Inputs((torch.arange(3.0),), torch.tensor([0, 1, 2]), ("a", "b", "c"), ("one", "", "three"))
    taken = whole.take(torch.tensor([2, 0]))
    assert (taken.people, taken.said) == (("c", "a"), ("three", "one"))


def test_a_label_nobody_shows_is_named():
    everyone = list(range(len(LABELS)))
    require_labels({"audio": inputs(everyone)}, "train", LABELS)
    with pytest.raises(DatasetError, match="audio: no dev example shows surprise"):
        require_labels({"vision": inputs(everyone), "audio": inputs(everyone[:-1])}, "dev", LABELS)
