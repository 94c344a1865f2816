"""Fine-tuned teachers and the lessons they give."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from corpora import RECIPE, WORDS, write_faces, write_sentences
from tiny_teachers import write_model
from tokenizers import Tokenizer

from edge.bundle.manifest import TextSpec
from edge.errors import ConfigError, DatasetError
from edge.starter_labels import STARTER as LABELS
from export.recipe import read_recipe
from export.students import vision as vision_training
from export.students.text import guessed, macro_f1, train_text, train_tokenizer
from export.students.vision import train_vision
from export.teachers.made_up import LONGEST, made_up
from export.teachers.tuning import TuningData, targets_of
from export.training.loop import train
from export.training.targets import DIRECTIONS, TEMPERATURE, TeacherTargets, kept_score

pytest.importorskip("transformers")
K = len(LABELS)


def wishing(folder, modality, teacher, **tuning):
    """The tiny recipe with a teacher that is tuned for one modality."""
    said = ", ".join(f"{key} = {value}" for key, value in tuning.items())
    path = folder / "taught.toml"
    head = f"[{modality}]\n"
    path.write_text(RECIPE.replace(head, f"{head}teacher = '{teacher}'\ntuning = {{ {said} }}\n", 1))
    return read_recipe(path)


def sentences(count, seed=0):
    """Words of the label among others; every sentence by somebody else."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % K
    filler = ["today", "this", "line", "near", "me"]
    texts = [" ".join([*rng.choice(filler, 2), WORDS[label], str(rng.choice(filler))]) for label in labels]
    targets = torch.eye(K)[torch.from_numpy(labels)]
    dev, right = texts[: count // 4], torch.from_numpy(labels[: count // 4])
    who, others = ([f"{kind}{i}" for i in range(count)] for kind in "sd")

    def score(logits):
        return macro_f1(logits.argmax(1), right)

    return TuningData(texts, targets, who, dev, others[: len(dev)], score, "macro F1")


TUNING = {"epochs": 16, "lr": 1e-2, "batch": 8}


@pytest.mark.slow
def test_a_tuned_reader_answers_sentences_it_never_read(tmp_path):
    write_model(tmp_path / "bert", "bert", layers=1)
    recipe = wishing(tmp_path, "text", "bert", **TUNING)
    material = sentences(96)
    found = targets_of(recipe, "text", material, tmp_path, tmp_path / "cache")
    assert found.soft.shape == (96, K)
    torch.testing.assert_close(found.soft.sum(1), torch.ones(96))
    assert found.features.shape == (96, DIRECTIONS)
    right = material.targets.argmax(1)
    assert (found.soft.argmax(1) == right).float().mean() > 0.9
    assert found.score > 0.9
    # Nobody's own label reaches what is said of them.
    changed = material.targets.clone()
    changed[0] = torch.eye(K)[5 - right[0]]
    other = replace(material, targets=changed)
    again = targets_of(recipe, "text", other, tmp_path, tmp_path / "cache")
    assert torch.equal(again.soft[0], found.soft[0])
    assert not torch.equal(again.soft, found.soft)


def test_a_teacher_tuned_by_one_person_is_refused(tmp_path):
    write_model(tmp_path / "bert", "bert", layers=1)
    alone = replace(sentences(24), speakers=["anna"] * 24)
    with pytest.raises(DatasetError, match="add people, or set epochs = 0 under tuning"):
        targets_of(wishing(tmp_path, "text", "bert", **TUNING), "text", alone, tmp_path, tmp_path / "cache")


@pytest.mark.slow
def test_what_nobody_labelled_is_answered_by_all_copies_together(tmp_path):
    write_model(tmp_path / "bert", "bert", layers=1)
    recipe = wishing(tmp_path, "text", "bert", **TUNING)
    plain = sentences(96)
    more = replace(plain, unlabelled=[f"this line {WORDS[label]} today" for label in range(K)])
    found = targets_of(recipe, "text", more, tmp_path, tmp_path / "cache")
    assert found.soft.shape == (96 + K, K)
    assert found.features.shape == (96 + K, DIRECTIONS)
    assert found.soft[96:].argmax(1).tolist() == list(range(K))
    before = targets_of(recipe, "text", plain, tmp_path, tmp_path / "cache")
    assert torch.equal(before.soft, found.soft[:96])


def test_made_up_sentences_are_of_words_that_were_said():
    said = ["stop that now", "well done", "", "what is it"]
    found = made_up(said, 2000, seed=4)
    assert len(found) == 2000
    assert found == made_up(said, 2000, seed=4) != made_up(said, 2000, seed=5)
    assert {*" ".join(found).split()} == {*" ".join(said).split()}
    kinds = {"stop that now", "that now", "stop that done", "well is it"}
    assert kinds <= set(found), "whole, a piece, begun as one and ended as another"
    assert max(len(text.split()) for text in made_up(["word " * 50], 20, seed=1)) == LONGEST
    assert made_up(["", " "], 5, seed=1) == []


def test_a_made_up_sentence_wishes_what_its_teacher_says_with_the_prior(tmp_path):
    logits = torch.tensor([[2.0, 0.0], [0.0, 3.0], [1.0, 1.0]])
    lesson = TeacherTargets((logits / TEMPERATURE).softmax(1), torch.zeros(3, DIRECTIONS), 0.0)
    targets = torch.tensor([[1.0, 0.0], [0.5, 0.5]])
    plain, adjusted = (guessed(lesson, targets, adjust) for adjust in (0.0, 0.5))
    torch.testing.assert_close(plain, logits[2:].softmax(1))
    torch.testing.assert_close(adjusted, (logits[2:] + 0.5 * torch.tensor([[0.75, 0.25]]).log()).softmax(1))
    assert guessed(None, targets, 0.5).shape == (0, 2)


def test_sentences_are_made_up_only_for_a_tuned_teacher(tmp_path):
    path = tmp_path / "bare.toml"
    path.write_text(RECIPE.replace("[text]\n", "[text]\nmade_up = 10\n", 1))
    with pytest.raises(ConfigError, match="made_up needs a teacher that is tuned"):
        read_recipe(path)


def test_the_same_texts_make_the_same_tokenizer():
    texts = [*sentences(90).items, *(f"{character} today" for character in "abcdefghijkéüßøłñç☁☂☃☄★☆☎☏")]
    made = {train_tokenizer(texts, TextSpec()).to_str() for _ in range(8)}
    assert len(made) == 1
    tokenizer = Tokenizer.from_str(made.pop())
    assert [tokenizer.token_to_id(name) for name in ("[PAD]", "[UNK]")] == [0, 1]
    assert tokenizer.decode(tokenizer.encode("this line ☃").ids) == "this line ☃"
    assert 1 in tokenizer.encode("今日").ids


def test_a_student_reads_sentences_that_were_made_up(tmp_path):
    write_sentences(tmp_path / "goemotions", 240)
    write_model(tmp_path / "bert", "bert", layers=1)
    recipe = wishing(tmp_path, "text", "bert", epochs=1)
    more = recipe.model_copy(update={"text": recipe.text.model_copy(update={"made_up": 200})})
    assert recipe.key("text") != more.key("text")
    words = torch.randint(2, 50, (2, 5)), torch.ones(2, 5)
    said = []
    for name, wanted in (("plain", recipe), ("more", more), ("again", more)):
        student = train_text(wanted, tmp_path, tmp_path / name / "text").eval()
        with torch.no_grad():
            said.append(student(*words)[1])
    assert not torch.equal(said[0], said[1])
    assert torch.equal(said[1], said[2])


def test_a_decoder_learns_by_low_rank_matrices_alone(tmp_path):
    pytest.importorskip("peft")
    write_model(tmp_path / "llama", "llama", layers=1)
    recipe = wishing(tmp_path, "text", "llama", **TUNING)
    material = sentences(96)
    found = targets_of(recipe, "text", material, tmp_path, tmp_path / "cache")
    assert (found.soft.argmax(1) == material.targets.argmax(1)).float().mean() > 0.6
    weights = torch.load(next((tmp_path / "cache").glob("tuned-*/fold0.pt")), weights_only=True)
    assert {name.rsplit(".", 3)[1] for name in weights if "head" not in name} == {"lora_A", "lora_B"}


def test_only_the_top_layers_learn(tmp_path):
    write_model(tmp_path / "bert", "bert")
    recipe = wishing(tmp_path, "text", "bert", epochs=1, layers=2)
    targets_of(recipe, "text", sentences(24), tmp_path, tmp_path / "cache")
    weights = torch.load(next((tmp_path / "cache").glob("tuned-*/fold0.pt")), weights_only=True)
    layers = {name.split("layer.")[1].split(".")[0] for name in weights if "layer." in name}
    assert layers == {"3", "4"}
    assert not any("embeddings" in name for name in weights)


def test_a_killed_tuning_goes_on_to_the_same_lessons(tmp_path, monkeypatch):
    write_model(tmp_path / "bert", "bert", layers=1)
    recipe = wishing(tmp_path, "text", "bert", epochs=2, batch=8)
    material = sentences(48)
    whole = targets_of(recipe, "text", material, tmp_path, tmp_path / "whole")
    cache = tmp_path / "killed"

    def dies(task, plan, folder):
        rest = task.batches

        def batches(rng):
            if (folder / f"{task.name}.part").is_file() and task.name == "fold1":
                raise KeyboardInterrupt
            return rest(rng)

        object.__setattr__(task, "batches", batches)
        train(task, plan, folder)

    monkeypatch.setattr("export.teachers.tuning.train", dies)
    with pytest.raises(KeyboardInterrupt):
        targets_of(recipe, "text", material, tmp_path, cache)
    kept = {file.name for file in next(cache.glob("tuned-*")).iterdir()}
    assert kept - {"fold1.best"} == {"fold0.pt", "fold0.jsonl", "fold1.part", "fold1.jsonl"}
    monkeypatch.undo()
    again = targets_of(recipe, "text", material, tmp_path, cache)
    assert torch.equal(again.soft, whole.soft)
    assert torch.equal(again.features, whole.features)
    monkeypatch.setattr("export.teachers.tuning.train", None)  # the third time nothing is tuned
    targets_of(recipe, "text", material, tmp_path, cache)


def test_the_text_student_learns_from_its_teacher(tmp_path):
    write_sentences(tmp_path / "goemotions", 240)
    write_model(tmp_path / "bert", "bert")
    taught = wishing(tmp_path, "text", "bert", epochs=0)
    student = train_text(taught, tmp_path, tmp_path / "work" / "text")
    bare = taught.model_copy(update={"text": taught.text.model_copy(update={"teacher": None})})
    alone = train_text(bare, tmp_path, tmp_path / "alone" / "text")
    words = torch.randint(2, 50, (2, 5)), torch.ones(2, 5)
    with torch.no_grad():
        said = student.eval()(*words)[1]
        assert not torch.equal(said, alone.eval()(*words)[1])
        again = train_text(taught, tmp_path, tmp_path / "work" / "text")
        assert torch.equal(said, again.eval()(*words)[1])
    assert len(list((tmp_path / "work" / "teacher").iterdir())) == 1
    assert not (tmp_path / "alone" / "teacher").exists()
    assert 0.0 < kept_score(tmp_path / "work" / "text") <= 1.0
    assert kept_score(tmp_path / "alone" / "text") is None


def test_fewer_examples_than_a_batch_are_one_batch(tmp_path):
    write_sentences(tmp_path / "goemotions", 240)
    write_faces(tmp_path / "fer2013", 96)
    for name, kind, learn in (("text", "bert", train_text), ("vision", "clip", train_vision)):
        recipe = wishing(tmp_path, name, kind, epochs=1)
        student = getattr(recipe, name).model_copy(update={"batch": 5000, "teacher": None})
        work = tmp_path / "work" / name
        learn(recipe.model_copy(update={name: student}), tmp_path, work)
        assert (work / f"{name}.pt").is_file()


def test_the_vision_student_learns_from_a_tuned_tower(tmp_path):
    write_faces(tmp_path / "fer2013", 96)
    write_model(tmp_path / "clip", "clip")
    recipe = wishing(tmp_path, "vision", "clip", epochs=1)
    student = train_vision(recipe, tmp_path, tmp_path / "work" / "vision").eval()
    assert 0.0 <= kept_score(tmp_path / "work" / "vision") <= 1.0
    names = {file.name for file in (tmp_path / "work" / "vision").glob("*.pt")}
    assert names == {"vision.pt", "vision-refined.pt", "vision-settled.pt"}
    folds = next((tmp_path / "work" / "teacher").glob("tuned-*/fold0.pt")).parent
    assert {file.name for file in folds.iterdir()} >= {"fold0.pt", "fold1.pt"}
    faces = torch.randn(2, 1, 48, 48)
    with torch.no_grad():
        again = train_vision(recipe, tmp_path, tmp_path / "work" / "vision").eval()
        assert torch.equal(student(faces)[1], again(faces)[1])


@pytest.fixture
def softened(monkeypatch):
    """Name and epochs of each round of face training, and whether its targets are more than plain labels."""
    asked = []

    def watched(task, plan, folder, hardware=None):
        targets = torch.cat([batch[1] for batch in task.batches(np.random.default_rng(1))])
        asked.append((task.name, plan.epochs, bool((targets.max(dim=1).values < 1.0).any())))
        train(task, replace(plan, epochs=1), folder)

    monkeypatch.setattr(vision_training, "train", watched)
    return asked


def learn_faces(folder, **changes):
    """Train the face network on few faces, two epochs and no mixup asked for."""
    write_faces(folder / "fer2013", 96)
    recipe = wishing(folder, "vision", "cnn", epochs=1)
    vision = recipe.vision.model_copy(update={"epochs": 2, "mixup": 0.0, **changes})
    train_vision(recipe.model_copy(update={"vision": vision}), folder, folder / "vision")


def test_the_vision_student_learns_what_a_wider_network_answers(tmp_path, softened):
    learn_faces(tmp_path)
    assert softened == [
        ("vision-teacher", 2, False),
        ("vision-teacher-refined", 1, False),
        ("vision", 2, True),
        ("vision-refined", 1, True),
        ("vision-settled", 1, True),
    ]
    small, wide = (torch.load(tmp_path / "vision" / f"{name}.pt") for name in ("vision", "vision-teacher"))
    assert len(wide) > len(small)


@pytest.mark.parametrize(("start", "at_once"), [(None, False), ("starter", True)])
def test_a_face_network_answers_for_its_own_targets_once_it_has_learned(tmp_path, softened, start, at_once):
    learn_faces(tmp_path, teacher=None, start=start)
    assert [told[2] for told in softened] == [at_once, at_once, True]


def test_tuning_is_part_of_the_key_only_where_there_is_something_to_tune(tmp_path):
    def keys(teacher, epochs):
        recipe = wishing(tmp_path, "vision", teacher, epochs=epochs)
        return recipe.key("vision")

    assert keys("clip", 1) != keys("clip", 2)
    assert keys("cnn", 1) == keys("cnn", 2)


def test_weights_that_stay_are_neither_copied_nor_saved(tmp_path):
    from export.training.loop import Hyperparameters, Task

    model = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Linear(4, K))
    model[0].requires_grad_(False)
    still = model[0].weight.clone()

    class Both(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, x):
            return x, self.model(x)

    def batches(rng):
        yield (torch.ones(8, 4),), torch.eye(K)[[0] * 8]

    train(
        Task("t", Both(), batches, 1, torch.full((K,), 1 / K), lambda m: 0.0),
        Hyperparameters(2, 1e-2),
        tmp_path,
    )
    saved = torch.load(tmp_path / "t.pt", weights_only=True)
    assert set(saved) == {"model.1.weight", "model.1.bias"}
    assert torch.equal(model[0].weight, still)
