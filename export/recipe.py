"""The recipe: what to train on, how long, and who is judged on. A TOML file, unknown keys refused."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)
from typing_extensions import Self

from calibration.data.label_section import RecipeLabels
from calibration.int8.settings import QuantizeSettings
from edge.bundle.manifest import Spec, TextSpec, VisionSpec, VotingSettings
from edge.checked import Number, PathText, Text, Whole, first_error
from edge.errors import ConfigError, InputError
from edge.labels import Labels
from edge.starter_labels import STARTER
from edge.system.documents import read_toml

Share = Annotated[Number, Field(gt=0.0, lt=1.0)]
Epochs = Annotated[Whole, Field(ge=0, le=100_000)]
Batch = Annotated[Whole, Field(gt=1, le=65536)]
Rate = Annotated[Number, Field(gt=0.0, le=10.0)]
Strength = Annotated[Number, Field(ge=0.0, le=100.0)]
Soft = Literal["votes"] | None
"""What a label asks for where several people gave it; votes: their shares; None: the label alone."""


class StudentRecipe(Spec):
    """How one encoder is trained."""

    corpora: tuple[str, ...] = ()
    """Folders below the data folder. Without, where the network stays as it is: those of another modality."""
    dev: tuple[str, ...] = ()
    """Speakers that set the temperature and show progress."""
    test: tuple[str, ...] = ()
    """Speakers judged on. Without these lists see `corpora.split_corpora`."""
    start: str | None = None
    """Bundle whose network this one begins as: a folder, absolute or below the data folder, or `starter`, the
    one that ships. Nobody it was trained on may be among dev and test: what they score would flatter."""
    epochs: Epochs
    """0: as the bundle of `start` has it."""
    batch: Batch = 64
    lr: Rate = 1e-3
    weight_decay: Strength = 0.05
    smoothing: Annotated[Number, Field(ge=0.0, lt=1.0)] = 0.05
    adjust: Strength = 0.0
    """Strength of logit adjustment by the class prior."""
    mixup: Strength = 0.0
    """Beta parameter of mixup; 0 switches it off."""
    soft: Soft = None
    """`votes`: targets are the shares of the raters' votes, in corpora that have them (columns votes_<label>,
    FER+)."""

    @model_serializer(mode="wrap")
    def _said(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        content: dict[str, Any] = handler(self)
        if self.soft is None:  # weights from before this key was there stay good
            del content["soft"]
        return content

    @model_validator(mode="after")
    def _something_to_keep(self) -> Self:
        if self.epochs == 0 and self.start is None:
            raise ValueError(InputError.of("recipe_start"))
        if self.epochs and not self.corpora:
            raise ValueError(InputError.of("recipe_corpora"))
        if self.epochs == 0 and getattr(self, "teacher", None) is not None:
            raise ValueError(InputError.of("recipe_nobody"))
        return self


class AudioRecipe(StudentRecipe):
    """How the audio encoder is trained."""

    noise: str | None = None
    """Folder of sounds below the data folder, mixed into the speech; every fourth recording is kept back,
    for `edge evaluate --noise`."""
    adapt_epochs: Epochs = 0
    """Epochs of a last round over loud noise, -5 to 20 dB, as beside machines; 0: none."""
    teacher: str | None = None
    """Speech encoder that is distilled: see `teachers.open_teacher` for what can be named."""

    @model_validator(mode="after")
    def _adapted_after_learning(self) -> Self:
        if self.adapt_epochs and not self.epochs:
            raise ValueError(InputError.of("recipe_adapt"))
        return self


class TuningRecipe(Spec):
    """How a teacher is fine-tuned on the training examples; decoder language models by LoRA."""

    epochs: Epochs = 3
    """0 leaves the teacher as it is."""
    batch: Batch = 32
    """Examples in memory at once."""
    accumulate: Annotated[Whole, Field(gt=0, le=65536)] = Field(1, repr=False)
    """Batches whose mean gradient makes a step: less memory than one batch of as many examples."""
    lr: Rate = 5e-5
    layers: Annotated[Whole, Field(gt=0, le=10_000)] | None = None
    """Top layers that learn; default: all. Embeddings never do."""
    folds: Annotated[Whole, Field(gt=1, le=100)] = 2
    """Parts of the examples; each is answered by a copy that was tuned on the others."""

    @model_serializer(mode="wrap")
    def _said(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        content: dict[str, Any] = handler(self)
        if self.accumulate == 1:  # weights from before this key was there stay good
            del content["accumulate"]
        return content


class TaughtRecipe(StudentRecipe):
    """How an encoder is trained whose teacher can be fine-tuned."""

    teacher: str | None = None
    """Encoder that is distilled: see `teachers.open_teacher` for what can be named; for vision also `cnn`, a
    wider and deeper network of the student's own kind that is trained first."""
    tuning: TuningRecipe = TuningRecipe()

    @property
    def pretrained(self) -> bool:
        """Whether the teacher comes from elsewhere."""
        return self.teacher not in (None, "cnn")

    @model_serializer(mode="wrap")
    def _said(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        content = super()._said(handler)
        if not self.pretrained:  # weights without such a teacher do not depend on its tuning
            del content["tuning"]
        return content


class TextRecipe(TaughtRecipe):
    """How the text encoder is trained."""

    plain: Annotated[Whole, Field(ge=0, le=100_000)] = 0
    """English sentences of everyday life and factories to learn from, all of the first label; 0: none."""
    made_up: Annotated[Whole, Field(ge=0, le=10_000_000)] = 0
    """Sentences made up from those of the corpora for the tuned teacher to answer; 0: none."""

    @model_validator(mode="after")
    def _somebody_answers(self) -> Self:
        if self.made_up and not (self.pretrained and self.tuning.epochs):
            raise ValueError(InputError.of("recipe_made_up"))
        return self

    @model_serializer(mode="wrap")
    def _said(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        content = super()._said(handler)
        if not self.plain:  # weights from before this key was there stay good
            del content["plain"]
        return content


class FusionRecipe(Spec):
    """How voice, faces and words become one answer: the product of experts, or an audio-guided head."""

    guide: Literal["query", "key_value"] | None = None
    """What the audio is in the cross-attention of the audio-guided head; None: the product of experts, but
    with dp_noise or sites, which train a head: query."""
    windows: Annotated[Whole, Field(gt=0, le=10_000_000)] = 12000
    """Windows composed: an epoch of the head, or in all for the experts."""
    epochs: Annotated[Whole, Field(gt=0, le=100_000)] = 8
    """Of the head."""
    batch: Batch = 64
    lr: Rate = 5e-4
    dropout: Share = 0.3
    """Chance that a modality is taken away from a window."""
    idle_words: Share = 0.8
    """Share of windows whose words have nothing to do with the label."""
    idle_faces: Share = 0.5
    """The same of faces."""
    dp_noise: Annotated[Number, Field(gt=0.0, le=1000.0)] | None = None
    """Private training by DP-SGD: deviation of the noise over dp_clip; needs the extra `privacy`."""
    dp_clip: Annotated[Number, Field(gt=0.0, le=1000.0)] = 1.0
    """Norm that the gradient of one window is clipped to."""
    dp_delta: Share = 1e-5
    """Chance that the privacy of epsilon does not hold."""
    sites: Annotated[Whole, Field(ge=2, le=10_000)] | None = None
    """Federated averaging over so many sites, each with people of its own; a round is an epoch."""

    @property
    def head(self) -> Literal["query", "key_value"] | None:
        """Guide of the head that is trained; None: none is, the experts are joined."""
        return self.guide or ("query" if self.dp_noise is not None or self.sites is not None else None)

    @model_validator(mode="after")
    def _one_kind_of_privacy(self) -> Self:
        if self.dp_noise is not None and self.sites is not None:
            raise ValueError(InputError.of("recipe_sites"))
        return self


class Recipe(Spec):
    """Everything `edge export` needs besides the data."""

    name: Text
    seed: Whole = Field(1, ge=0, le=2**32 - 1)
    audio: AudioRecipe
    vision: TaughtRecipe
    text: TextRecipe
    fusion: FusionRecipe = FusionRecipe()
    labels: RecipeLabels = STARTER
    """Names in the order of the networks' outputs; see calibration/data/label_section.py."""
    face_crop: VisionSpec = VisionSpec()
    tokens: TextSpec = TextSpec()
    voting: VotingSettings = VotingSettings()
    quantize: QuantizeSettings = QuantizeSettings()
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where students and fusion are trained; auto: on a GPU where there is one."""
    download: bool = False
    """Whether teachers that are not on this disk are fetched from the hub."""
    trusted: tuple[str, ...] = ()
    """Teachers whose own Python code may run."""
    policy: PathText | None = None
    """site.toml whose [policy] is asked and whose audit notes the export; from the recipe's folder."""
    worst_cases: bool = False
    """Whether the report shows faces and words of those whose consent to it `policy` keeps."""
    trial: bool = False
    """Put the fusion on trial as well (`edge fusion-trial`); needs ravdess and ravdess_au."""

    @model_validator(mode="after")
    def _shown_by_consent(self) -> Self:
        if self.worst_cases and self.policy is None:
            raise ValueError(InputError.of("recipe_worst_cases"))
        return self

    @model_validator(mode="after")
    def _kept_networks_have_examples(self) -> Self:
        """The fusion and the INT8 ranges need examples of a network that stays as it is, too."""
        students: dict[str, StudentRecipe] = {"audio": self.audio, "vision": self.vision, "text": self.text}
        named = next((one for one in students.values() if one.corpora), None)
        if named is None:
            raise ValueError(InputError.of("recipe_no_corpora"))
        lent = {part: getattr(named, part) for part in ("corpora", "dev", "test")}
        kept = {name: one.model_copy(update=lent) for name, one in students.items() if not one.corpora}
        return self.model_copy(update=kept) if kept else self

    @field_validator("quantize")
    @classmethod
    def _privacy_holds(cls, wanted: QuantizeSettings, found: ValidationInfo) -> QuantizeSettings:
        fusion = found.data.get("fusion")
        if wanted.qat and fusion is not None and fusion.dp_noise is not None:
            raise ValueError(InputError.of("recipe_qat"))
        return wanted

    @field_validator("voting")
    @classmethod
    def _events_known(cls, voting: VotingSettings, found: ValidationInfo) -> VotingSettings:
        labels: Labels = found.data.get("labels", STARTER)
        if strange := [name for name in voting.events or () if name not in labels]:
            values = {"names": ", ".join(strange), "known": labels.choice}
            raise ValueError(InputError.of("label_event_unknown", **values))
        return voting

    def key(self, *parts: str) -> str:
        """Short digest of the named parts: trained weights are reused only while these are the same."""
        content = "".join(f"{part}={self.model_dump(include={part})}" for part in ("seed", *parts))
        if self.labels.facts != STARTER.facts:  # their words and flags train nothing
            content += f"labels={[(name, sorted(self.labels.names_of(name))) for name in self.labels]}"
        return hashlib.sha256(content.encode()).hexdigest()[:10]


def read_recipe(path: Path) -> Recipe:
    """Read and check a recipe. Raises ConfigError with the key that is wrong."""
    try:
        content = read_toml(path)
    except InputError as error:
        raise ConfigError.of("recipe_unreadable", path=path, why=error) from error
    try:
        return Recipe.model_validate(content)
    except ValidationError as error:
        raise ConfigError.of("recipe_field", path=path, why=first_error(error)) from error
