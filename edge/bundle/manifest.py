"""bundle.json: the models' contract. Frozen, complete, and the only place sizes and labels are read from."""

from __future__ import annotations

from collections.abc import Sized
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator
from typing_extensions import Self

from edge.bundle.earlier import MOST_TAU_S, brought_up, require_current
from edge.bundle.evidence import Evidence
from edge.bundle.site import FAMILIAR_FILE, HEAD_FILE, Learned, SiteCalibration
from edge.bundle.specs import AudioSpec as AudioSpec
from edge.bundle.specs import Spec as Spec
from edge.bundle.specs import TextSpec as TextSpec
from edge.bundle.specs import VisionSpec as VisionSpec
from edge.bundle.wanted import require_names, wanted_shapes
from edge.checked import Number, Text, Whole
from edge.errors import InputError
from edge.items import MODALITIES
from edge.labels import LabelFacts, Labels
from edge.starter_labels import labels_of

SCHEMA: Final = 9
SCHEMAS = (4, 5, 6, 7, 8, SCHEMA)
"""Those that are read: before 6 without `label_facts`, for the labels were always the starter's; before 7
without `site`; before 8 with other settings of the vote (edge/bundle/earlier.py)."""
UNSEALED = 4
"""The oldest: without `digest`, so that a change of its bundle.json is found by its bounds alone."""
EVENT = 0.3
"""Threshold of a label that is an event, where nothing else is said."""

Probability = Annotated[Number, Field(ge=0.0, le=1.0)]
Positive = Annotated[Number, Field(gt=0.0)]
Count = Annotated[Whole, Field(gt=0)]
Size = Annotated[Whole, Field(ge=1, le=1_000_000)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Rates: TypeAlias = "tuple[tuple[Probability, ...], ...]"
"""Row: true label, its shares of predicted labels."""


class Limits(Spec):
    """How far from its golden outputs a network may be on a device; beyond, the bundle is refused."""

    cosine: Number = Field(0.99, ge=-1.0, le=1.0)
    """Least cosine between an output and its golden value, of every case."""
    max_abs: Number = Field(gt=0.0, le=1000.0)
    """Largest difference of a single value, in the output's unit."""
    agreement: Probability = 0.9
    """Least share of rows of logits whose likeliest label stays."""


class ModelEntry(Spec):
    """One network of the bundle."""

    file: Text
    sha256: Sha256
    inputs: dict[str, tuple[Size, ...]]
    outputs: dict[str, tuple[Size, ...]]
    precision: Literal["int8", "fp32"]
    """What was asked for."""
    int8_nodes: Whole = Field(ge=0)
    """Conv, MatMul and Gemm nodes that really run in INT8."""
    nodes: Whole = Field(ge=0)
    """All Conv, MatMul and Gemm nodes."""
    limits: Limits
    """What `edge doctor` and every start hold the golden outputs to."""


class VotingSettings(Spec):
    """How posteriors of windows become a reading (edge/reading/voting.py)."""

    tau_s: Number = Field(6.0, ge=0.1, le=MOST_TAU_S)
    """How long what was shown goes on, on the mean: after it 1 / e of a belief is left (seconds)."""
    kappa: Number = Field(0.5, gt=0.0, le=1.0)
    """How much of what a clear window says is new: power of its posterior."""
    temperature: Number = Field(1.25, ge=0.25, le=8.0)
    """How much surer the filter is than it is right: what it holds against the prior counts to the power
    1 / temperature."""
    margin: Probability = 0.05
    """Lead a new label needs; below it the reading is called doubtful."""
    dwell_s: Number = Field(0.0, ge=0.0, le=3600.0)
    """How long a new label must lead before it is shown (seconds)."""
    events: dict[str, Probability] | None = None
    """Labels a person wants to hear of, each with its threshold (edge record --trigger, KPIs); a check weighs
    their misses as those of negative labels. None: those that are events by their facts, at EVENT; a manifest
    holds them."""

    @property
    def memory_s(self) -> float:
        """Silence after which a belief is forgotten, for 5 % of it are left (seconds)."""
        return 3.0 * self.tau_s

    _of_today = model_validator(mode="before")(require_current)


class Manifest(BaseModel):
    """Everything the device must know about the files beside it."""

    schema_: Literal[4, 5, 6, 7, 8, 9] = Field(SCHEMA, alias="schema")
    digest: Sha256 | None = None
    """sha256 of everything else the manifest says (edge/bundle/folder.py); None in schema 4."""
    name: Text
    created: Text
    """ISO 8601, UTC."""
    labels: tuple[Text, ...] = Field(max_length=100)
    """Names, in the order of the networks' outputs."""
    label_facts: dict[Text, LabelFacts] = {}
    """Words, flags and synonyms of each; what is not listed has those of the starter's label of that name."""
    network_labels: tuple[Text, ...] | None = Field(None, max_length=100)
    """What the networks' outputs stand for, where the site's labels are others; None: the labels."""
    window_s: Number = Field(4.0, ge=0.5, le=60.0)
    hop_s: Number = Field(1.0, ge=0.1, le=60.0)
    audio: AudioSpec = AudioSpec()
    vision: VisionSpec = VisionSpec()
    text: TextSpec = TextSpec()
    models: dict[Text, ModelEntry]
    """audio, vision, text, fusion."""
    files: dict[Text, Sha256]
    """Every other file of the bundle and its sha256."""
    train_prior: tuple[Probability, ...]
    site_prior: tuple[Probability, ...]
    temperature: dict[Text, Annotated[Number, Field(ge=0.001, le=1000.0)]]
    """Softmax temperature of audio, vision, text and fused, and of what was fused when something lacks
    (`fused audio+text`)."""
    bias: dict[Text, tuple[Annotated[Number, Field(ge=-100.0, le=100.0)], ...]] = {}
    """Added to the logits after the temperature, a number a label; what is not listed has none."""
    conformal_threshold: dict[Text, tuple[Probability, ...]] | None = None
    """Named as the temperatures: the probability below which each label leaves the prediction set; what is
    not listed goes by `fused`. Of a window by itself. None: no sets."""
    voted_threshold: dict[Text, tuple[Probability, ...]] = {}
    """The same of the votes, which are surer than windows; what is not listed goes by those of windows."""
    evidence: dict[Text, tuple[Evidence, ...]] = {}
    """What both were fitted on, named likewise, one a label; what is not listed: unknown."""
    confusion: dict[Text, Rates] | None = None
    """On people unseen, of what was fused, named as the temperatures; None: unknown."""
    voting: VotingSettings = Field(VotingSettings(), validate_default=True)
    calibration: dict[str, Any] = {}
    """Which recordings set the ranges: clips, seconds, hash."""
    quantization: dict[str, Any] = {}
    """Per model: range method and its trials, what INT8 lost, which nodes were given back to float."""
    privacy: dict[str, Any] = {}
    """How private the training was (export/fusion/privacy/dp.py); empty: not at all."""
    parity: dict[str, Any] = {}
    """INT8 against FP32, per model."""
    accuracy: dict[str, Any] = {}
    """Held-out results, per corpus."""
    familiar: dict[Literal["audio", "vision", "text"], Annotated[Whole, Field(ge=1, le=16)]] = {}
    """Modality -> centres in familiar.npz that windows are compared with (edge/reading/familiar.py); empty:
    nothing is called unfamiliar."""
    learned: Learned | None = None
    """Whom it learned from; None: it does not say."""
    site: SiteCalibration | None = None
    """Which site the bundle was calibrated for; None: for none."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True)

    @property
    def full_labels(self) -> Labels:
        """The labels with what is known of each."""
        return labels_of(self.labels, self.label_facts)

    def thresholds(self, name: str) -> tuple[float, ...] | None:
        """Makes the prediction sets of a window, by the name of its posterior, [labels]; None: no sets."""
        known = self.conformal_threshold or {}
        return known.get(name, known.get("fused"))

    def voted_thresholds(self, name: str) -> tuple[float, ...] | None:
        """Makes those of a vote, by the name of what its newest window was fused from, [labels]."""
        return self.voted_threshold.get(name, self.thresholds(name))

    _of_earlier_schemas = model_validator(mode="before")(brought_up)

    @field_validator("models")
    @classmethod
    def _all_models(cls, models: dict[str, ModelEntry]) -> dict[str, ModelEntry]:
        require_names("models", models, (*MODALITIES, "fusion"))
        return models

    @field_validator("voting")
    @classmethod
    def _events_said(cls, voting: VotingSettings, found: ValidationInfo) -> VotingSettings:
        if voting.events is not None or "labels" not in found.data:
            return voting
        labels = labels_of(found.data["labels"], found.data.get("label_facts"))
        return voting.model_copy(update={"events": dict.fromkeys(labels.events, EVENT)})

    @model_validator(mode="after")
    def _one_prior_a_label(self) -> Self:
        count = len(self.labels)
        if len(set(self.labels)) < max(2, count):
            raise ValueError(InputError.of("labels_once"))
        for name in ("train_prior", "site_prior"):
            prior = getattr(self, name)
            if len(prior) != count or not abs(sum(prior) - 1.0) <= 1e-3:
                raise ValueError(InputError.of("prior_sum", name=name, count=count))
        require_names("temperature", self.temperature, (*MODALITIES, "fused"))
        rows: list[tuple[str, Sized]] = [(f"bias.{name}", row) for name, row in self.bias.items()]
        rows += [(f"conformal_threshold.{name}", r) for name, r in (self.conformal_threshold or {}).items()]
        rows += [(f"voted_threshold.{name}", row) for name, row in self.voted_threshold.items()]
        rows += [(f"evidence.{name}", row) for name, row in self.evidence.items()]
        rates = (self.confusion or {}).items()
        rows += [(f"confusion.{name}[]", row) for name, table in rates for row in table]
        for name, row in rows:
            if len(row) != count:
                raise ValueError(InputError.of("row_count", name=name, count=count))
        for name, table in rates:
            if len(table) != count:
                raise ValueError(InputError.of("table_rows", name=f"confusion.{name}", count=count))
        if strange := [name for name in self.label_facts if name not in self.labels]:
            raise ValueError(InputError.of("label_facts_strange", names=", ".join(strange)))
        return self

    @model_validator(mode="after")
    def _site_agrees(self) -> Self:
        if self.familiar and FAMILIAR_FILE not in self.files:
            raise ValueError(InputError.of("lacks", where="files", names=FAMILIAR_FILE))
        networks = self.network_labels or self.labels
        if len(set(networks)) < max(2, len(networks)):
            raise ValueError(InputError.of("labels_once"))
        needed = bool(self.site and self.site.head)
        if networks != self.labels and not needed:
            raise ValueError(InputError.of("site_head_lacks"))
        if needed and HEAD_FILE not in self.files:
            raise ValueError(InputError.of("lacks", where="files", names=HEAD_FILE))
        return self

    @model_validator(mode="after")
    def _shapes_agree(self) -> Self:
        for name, (inputs, outputs) in wanted_shapes(self).items():
            entry = self.models[name]
            for stated, wanted in ((entry.inputs, inputs), (entry.outputs, outputs)):
                for tensor in {**wanted, **stated}:
                    found, needed = stated.get(tensor, ()), wanted.get(tensor, ())
                    if found != needed:
                        values = {"tensor": tensor, "model": name, "found": list(found)}
                        raise ValueError(InputError.of("shape_stated", **values, wanted=list(needed)))
        return self
