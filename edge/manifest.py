"""bundle.json: the models' contract. Frozen, complete, and the only place sizes and labels are read from."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from typing_extensions import Self

from edge.items import MODALITIES

SCHEMA = 4

Probability = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[float, Field(gt=0.0)]
Count = Annotated[int, Field(gt=0)]
Rates: TypeAlias = "tuple[tuple[Probability, ...], ...]"
"""Row: true label, its shares of predicted labels."""


class Spec(BaseModel):
    """Base of every part of the manifest: immutable, finite, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class AudioSpec(Spec):
    """How sound becomes a log-mel picture."""

    rate: Count = 16000
    """Sample rate (hertz)."""
    fft: Count = 512
    """FFT length (samples)."""
    window: Count = 400
    """Hann window (samples)."""
    hop: Count = 160
    """Step between frames (samples)."""
    mels: Count = 64
    """Mel bands."""
    f_min: float = 50.0
    """Lower edge of the first band (hertz)."""
    f_max: float = 7600.0
    """Upper edge of the last band (hertz)."""
    range_db: Positive = 80.0
    """Depth below the loudest band that is kept (decibels)."""


class VisionSpec(Spec):
    """How a face becomes the network's picture; the framing is FER2013's, measured from YuNet boxes."""

    size: Count = 48
    """Side of the square grey crop (pixels)."""
    faces: Count = 8
    """Frames sampled from a window."""
    scale: Positive = 1.09
    """Side of the crop over the mean of the detected box's width and height."""
    shift: float = -0.02
    """How far below the box's centre the crop is centred, in box heights."""


class TextSpec(Spec):
    """How a transcript becomes token ids."""

    length: Count = 48
    """Tokens kept, the first ones."""
    vocabulary: Count = 8000
    """Rows of the embedding table."""


class Limits(Spec):
    """How far from its golden outputs a network may be on a device; beyond, the bundle is refused."""

    cosine: float = Field(0.99, ge=-1.0, le=1.0)
    """Least cosine between an output and its golden value, of every case."""
    max_abs: Positive
    """Largest difference of a single value, in the output's unit."""
    agreement: Probability = 0.9
    """Least share of rows of logits whose likeliest label stays."""


class ModelEntry(Spec):
    """One network of the bundle."""

    file: str
    sha256: str
    inputs: dict[str, tuple[Count, ...]]
    outputs: dict[str, tuple[Count, ...]]
    precision: str
    """What was asked for: int8 or fp32."""
    int8_nodes: int
    """Conv, MatMul and Gemm nodes that really run in INT8."""
    nodes: int
    """All Conv, MatMul and Gemm nodes."""
    limits: Limits
    """What `edge doctor` and every start hold the golden outputs to."""


class VotingSettings(Spec):
    """How posteriors of recent windows become a reading (edge/voting.py)."""

    window_s: Positive = 12.0
    """Age beyond which a prediction no longer votes (seconds)."""
    half_life_s: Positive = 12.0
    """Age at which half of what a prediction said is forgotten (seconds)."""
    eta: Probability = 0.3
    """Strength of the prior correction; 0 switches it off."""
    ratio_min: Positive = 0.2
    """Lower bound of site prior over training prior."""
    ratio_max: Positive = 5.0
    """Upper bound of site prior over training prior."""
    margin: Probability = 0.1
    """Lead a new label needs; below it the reading needs a check."""
    dwell_s: float = Field(0.0, ge=0.0)
    """How long a new label must lead before it is shown (seconds)."""
    events: dict[str, Probability] = {"angry": 0.3, "worried": 0.3}
    """Labels a person wants to hear of, each with its threshold: a reading near it needs a check."""

    @model_validator(mode="after")
    def _bounds_in_order(self) -> Self:
        if self.ratio_min > self.ratio_max:
            raise ValueError(f"ratio_min {self.ratio_min} is above ratio_max {self.ratio_max}")
        return self


class Manifest(Spec):
    """Everything the device must know about the files beside it."""

    schema_: int = Field(SCHEMA, alias="schema")
    name: str
    created: str
    """ISO 8601, UTC."""
    labels: tuple[str, ...]
    window_s: Positive = 4.0
    hop_s: Positive = 1.0
    audio: AudioSpec = AudioSpec()
    vision: VisionSpec = VisionSpec()
    text: TextSpec = TextSpec()
    models: dict[str, ModelEntry]
    """audio, vision, text, fusion."""
    files: dict[str, str]
    """Every other file of the bundle and its sha256."""
    train_prior: tuple[Probability, ...]
    site_prior: tuple[Probability, ...]
    temperature: dict[str, Positive]
    """Softmax temperature of audio, vision, text and fused, and of what was fused when something lacks
    (`fused audio+text`)."""
    bias: dict[str, tuple[float, ...]] = {}
    """Added to the logits after the temperature, a number a label; what is not listed has none."""
    conformal_threshold: dict[str, tuple[Probability, ...]] | None = None
    """Named as the temperatures: the probability below which each label leaves the prediction set; what is
    not listed goes by `fused`. Of a window by itself. None: no sets."""
    voted_threshold: dict[str, tuple[Probability, ...]] = {}
    """The same of the votes, which are surer than windows; what is not listed goes by those of windows."""
    confusion: dict[str, Rates] | None = None
    """On people unseen, of what was fused, named as the temperatures; None: unknown."""
    voting: VotingSettings = VotingSettings()
    calibration: dict[str, Any] = {}
    """Which recordings set the ranges: clips, seconds, hash."""
    quantization: dict[str, Any] = {}
    """Per model: range method and its trials, what INT8 lost, which nodes were given back to float."""
    privacy: dict[str, Any] = {}
    """How private the training was (export/privacy.py); empty: not at all."""
    parity: dict[str, Any] = {}
    """INT8 against FP32, per model."""
    accuracy: dict[str, Any] = {}
    """Held-out results, per corpus."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True)

    def thresholds(self, name: str) -> tuple[float, ...] | None:
        """Makes the prediction sets of a window, by the name of its posterior, [labels]; None: no sets."""
        known = self.conformal_threshold or {}
        return known.get(name, known.get("fused"))

    def voted_thresholds(self, name: str) -> tuple[float, ...] | None:
        """Makes those of a vote, by the name of what its newest window was fused from, [labels]."""
        return self.voted_threshold.get(name, self.thresholds(name))

    @field_validator("models")
    @classmethod
    def _all_models(cls, models: dict[str, ModelEntry]) -> dict[str, ModelEntry]:
        missing = {*MODALITIES, "fusion"} - models.keys()
        if missing:
            raise ValueError(f"models lacks {', '.join(sorted(missing))}")
        return models

    @model_validator(mode="after")
    def _one_prior_a_label(self) -> Self:
        if len(set(self.labels)) < max(2, len(self.labels)):
            raise ValueError("labels must be two or more, each once")
        for name in ("train_prior", "site_prior"):
            prior = getattr(self, name)
            if len(prior) != len(self.labels) or abs(sum(prior) - 1.0) > 1e-3:
                raise ValueError(f"{name} must hold {len(self.labels)} numbers that sum to 1")
        missing = {*MODALITIES, "fused"} - self.temperature.keys()
        if missing:
            raise ValueError(f"temperature lacks {', '.join(sorted(missing))}")
        rows = [(f"bias of {name}", row) for name, row in self.bias.items()]
        rows += [
            (f"conformal_threshold of {name}", r) for name, r in (self.conformal_threshold or {}).items()
        ]
        rows += [(f"voted_threshold of {name}", row) for name, row in self.voted_threshold.items()]
        rates = (self.confusion or {}).items()
        rows += [(f"each row of confusion of {name}", row) for name, table in rates for row in table]
        for name, row in rows:
            if len(row) != len(self.labels):
                raise ValueError(f"{name} must hold {len(self.labels)} numbers")
        for name, table in rates:
            if len(table) != len(self.labels):
                raise ValueError(f"confusion of {name} must hold {len(self.labels)} rows")
        return self
