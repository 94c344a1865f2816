"""The recipe: what to train on, how long, and who is judged on. A TOML file, unknown keys refused."""

from __future__ import annotations

import hashlib
import sys
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

from edge.errors import ConfigError
from edge.manifest import Spec, TextSpec, VisionSpec, VotingSettings

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Share = Annotated[float, Field(gt=0.0, lt=1.0)]


class StudentRecipe(Spec):
    """How one encoder is trained."""

    corpora: tuple[str, ...]
    """Folders below the data folder."""
    dev: tuple[str, ...] = ()
    """Speakers that set the temperature and show progress."""
    test: tuple[str, ...] = ()
    """Speakers judged on. Without these lists see `corpora.split_corpora`."""
    start: str | None = None
    """Bundle whose network this one begins as: a folder, absolute or below the data folder, or `starter`, the
    one that ships. Nobody it was trained on may be among dev and test: what they score would flatter."""
    epochs: Annotated[int, Field(ge=0)]
    """0: as the bundle of `start` has it."""
    batch: Annotated[int, Field(gt=1)] = 64
    lr: Annotated[float, Field(gt=0.0)] = 1e-3
    weight_decay: float = 0.05
    smoothing: float = 0.05
    adjust: float = 0.0
    """Strength of logit adjustment by the class prior."""
    mixup: float = 0.0
    """Beta parameter of mixup; 0 switches it off."""

    @model_validator(mode="after")
    def _something_to_keep(self) -> Self:
        if self.epochs == 0 and self.start is None:
            raise ValueError("epochs = 0 keeps a network as it is; name its bundle with start")
        if self.epochs == 0 and getattr(self, "teacher", None) is not None:
            raise ValueError(
                "epochs = 0 keeps a network as it is; a teacher has nobody to teach, leave it out"
            )
        return self


class AudioRecipe(StudentRecipe):
    """How the audio encoder is trained."""

    noise: str | None = None
    """Folder of sounds below the data folder, mixed into the speech; every fourth recording is kept back,
    for `edge evaluate --noise`."""
    adapt_epochs: Annotated[int, Field(ge=0)] = 0
    """Epochs of a last round over loud noise, -5 to 20 dB, as beside machines; 0: none."""
    teacher: str | None = None
    """Speech encoder that is distilled: see `teachers.open_teacher` for what can be named."""

    @model_validator(mode="after")
    def _adapted_after_learning(self) -> Self:
        if self.adapt_epochs and not self.epochs:
            raise ValueError("adapt_epochs needs epochs: the network is kept as it is with epochs = 0")
        return self


class TuningRecipe(Spec):
    """How a teacher is fine-tuned on the training examples; decoder language models by LoRA."""

    epochs: Annotated[int, Field(ge=0)] = 3
    """0 leaves the teacher as it is."""
    batch: Annotated[int, Field(gt=1)] = 32
    lr: Annotated[float, Field(gt=0.0)] = 5e-5
    layers: Annotated[int, Field(gt=0)] | None = None
    """Top layers that learn; default: all. Embeddings never do."""
    folds: Annotated[int, Field(gt=1)] = 2
    """Parts of the examples; each is answered by a copy that was tuned on the others."""


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
        content: dict[str, Any] = handler(self)
        if not self.pretrained:  # weights without such a teacher do not depend on its tuning
            del content["tuning"]
        return content


class TextRecipe(TaughtRecipe):
    """How the text encoder is trained."""

    made_up: Annotated[int, Field(ge=0)] = 0
    """Sentences made up from those of the corpora for the tuned teacher to answer; 0: none."""

    @model_validator(mode="after")
    def _somebody_answers(self) -> Self:
        if self.made_up and not (self.pretrained and self.tuning.epochs):
            raise ValueError("made_up needs a teacher that is tuned; set teacher and tuning.epochs")
        return self


class FusionRecipe(Spec):
    """How the audio-guided fusion head is trained."""

    epochs: Annotated[int, Field(gt=0)]
    windows: Annotated[int, Field(gt=0)]
    """Windows composed an epoch."""
    batch: Annotated[int, Field(gt=1)] = 64
    lr: Annotated[float, Field(gt=0.0)]
    dropout: Share = 0.3
    """Chance that a modality is taken away from a window."""
    mismatch: Share = 0.3
    """Share of sentences (half of it: of faces) that are of any label, whatever the voice says."""
    guide: Literal["query", "key_value"] = "query"
    """What the audio is in the cross-attention."""
    dp_noise: Annotated[float, Field(gt=0.0)] | None = None
    """Private training by DP-SGD: deviation of the noise over dp_clip; needs the extra `privacy`."""
    dp_clip: Annotated[float, Field(gt=0.0)] = 1.0
    """Norm that the gradient of one window is clipped to."""
    dp_delta: Annotated[float, Field(gt=0.0, lt=1.0)] = 1e-5
    """Chance that the privacy of epsilon does not hold."""
    sites: Annotated[int, Field(ge=2)] | None = None
    """Federated averaging over so many sites, each with people of its own; a round is an epoch."""

    @model_validator(mode="after")
    def _one_kind_of_privacy(self) -> Self:
        if self.dp_noise is not None and self.sites is not None:
            raise ValueError("dp_noise and sites do not go together; take one away")
        return self


class QuantizeRecipe(Spec):
    """What INT8 may cost."""

    max_drop: Annotated[float, Field(ge=0.0)] = 0.5
    """Weighted F1 a network may lose on held-out windows (points)."""
    min_cosine: Annotated[float, Field(ge=-1.0, le=1.0)] = 0.99
    """Least mean cosine of its outputs to FP32."""
    qat: bool = False
    """Fine-tune a network in simulated INT8 when more than a fifth of it would have to stay float;
    not with dp_noise."""


class Recipe(Spec):
    """Everything `edge export` needs besides the data."""

    name: str
    seed: int = 1
    audio: AudioRecipe
    vision: TaughtRecipe
    text: TextRecipe
    fusion: FusionRecipe
    face_crop: VisionSpec = VisionSpec()
    tokens: TextSpec = TextSpec()
    voting: VotingSettings = VotingSettings()
    quantize: QuantizeRecipe = QuantizeRecipe()
    download: bool = False
    """Whether teachers that are not on this disk are fetched from the hub."""
    trusted: tuple[str, ...] = ()
    """Teachers whose own Python code may run."""
    trial: bool = False
    """Put the fusion on trial as well (`edge trial`); needs ravdess and ravdess_au."""

    @field_validator("quantize")
    @classmethod
    def _privacy_holds(cls, wanted: QuantizeRecipe, found: ValidationInfo) -> QuantizeRecipe:
        fusion = found.data.get("fusion")
        if wanted.qat and fusion is not None and fusion.dp_noise is not None:
            raise ValueError("qat would train the private fusion without noise; take qat or dp_noise away")
        return wanted

    def key(self, *parts: str) -> str:
        """Short digest of the named parts: trained weights are reused only while these are the same."""
        content = "".join(f"{part}={self.model_dump(include={part})}" for part in ("seed", *parts))
        return hashlib.sha256(content.encode()).hexdigest()[:10]


def read_recipe(path: Path) -> Recipe:
    """Read and check a recipe. Raises ConfigError with the key that is wrong."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path} is not a readable recipe ({error}); see recipes/starter.toml") from error
    try:
        return Recipe.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ConfigError(f"{path}: {where}: {first['msg']}; see recipes/starter.toml") from error
