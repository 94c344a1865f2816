"""Site settings: what this workplace wishes, as opposed to what the bundle's models need.

# site.toml
bundle = "bundles/line3"          # folder or .tar, relative to this file; default: the starter bundle
source = "recordings"             # recording or folder of recordings; without it devices are read live
microphone = "USB"                # part of its name, or serial number; "default", or "off"
camera = "http://10.0.0.7/mjpg"   # part of a USB camera's name, an address; "default", or "off"
checks_a_day = 20                 # the ones worth most; without it 5 % of the readings need a check
threads = 1                       # CPU threads of each network
backend = "auto"                  # or "tensorrt", "onnxrt", "openvino"; auto: TensorRT where it works
faces = "nearest"                 # or "centre": who is read when several faces are there; or "all"
asr = "models/whisper-tiny"       # folder of a speech recogniser (edge/perception/transcribe.py)
[site_prior]                      # how often each label is met here; all labels, sums to 1
neutral = 0.7
[voting]                          # overrides of the bundle's voting settings (edge/bundle/manifest.py)
dwell_s = 2.0
events = {worried = 0.4}          # labels of interest, each from this probability on
[alarm]                           # of negative emotions; edge decide writes it, a run takes it at once
threshold = 0.6
[log]                             # readings in files, a new one each day
folder = "/var/lib/edge"
format = "csv"                    # or "jsonl"
[mqtt]                            # readings to a broker
host = "broker.plant"
topic = "plant/line3/edge"
client_id = "edge-line3"
username = "line3"
password_file = "mqtt.password"   # read at each connection; only its owner may read it
[display]                         # the panel, where there is a screen
language = "ja"                   # or "en"; default: the locale's
full_screen = true
privacy = true                    # a silhouette in place of the picture
purpose = "Training of line 3"    # on the banner, in place of the usual warning
[policy]                          # who reads whom, where and why (edge/policy/section.py)
operator = "Example Works, quality section"
purpose = "Noticing a worker in danger"
[prometheus]                      # http://127.0.0.1:9464/metrics
port = 9464
[record]                          # edge record (edge/recording/section.py)
quota_gb = 50
key_file = "/etc/edge/record.key"
[review]                          # readings that need a check wait for a person (edge review)
folder = "/var/lib/edge/review"
days = 30                         # media, and what nobody judged, are deleted after so many
[review.consent]                  # without it no face and no sound is ever kept, only numbers
who = ["Yamada Taro", "Sato Aoi"] # everybody who can be seen or heard here; all of them said yes
date = 2026-11-20                 # of the last signature
scope = ["face", "sound"]         # a small grey face; 4 s of speech and what was said
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.bundle.earlier import replaced
from edge.bundle.manifest import Manifest, Probability, VotingSettings
from edge.checked import PathText, Text, Whole, first_error
from edge.errors import ConfigError, InputError
from edge.policy.section import PolicySettings
from edge.reading.voting import Rules
from edge.recording.section import RecordSettings
from edge.sections import (
    SECTIONS,
    AlarmSettings,
    DisplaySettings,
    LogSettings,
    MqttSettings,
    PrometheusSettings,
    ReviewSettings,
)
from edge.system.documents import one_line, read_toml
from edge.words import Language, default_language

Model = TypeVar("Model", bound=BaseModel)


class Site(BaseModel):
    """The settings of one site; every field has a default."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    bundle: PathText | None = None
    """Bundle folder or .tar; None: the starter bundle."""
    source: PathText | None = None
    """Recording or folder of recordings."""
    microphone: Text = "default"
    """Part of a microphone's name or its serial number; "default": the system's; "off": none."""
    camera: Text = "default"
    """Camera address (edge/sources/devices/addresses.py); "default": the first USB camera; "off": none."""
    checks_a_day: Annotated[Whole, Field(ge=1, le=100_000)] | None = None
    """Checks a person can do in a day (edge/reading/confidence.py). None: 5 % of the readings need one.

    A start goes on counting from the queue of [review]; without one it begins anew.
    """
    threads: Whole = Field(1, ge=1, le=64)
    """CPU threads of each network."""
    backend: Literal["auto", "tensorrt", "onnxrt", "openvino"] = "auto"
    """What runs the networks; auto: TensorRT where it is installed and works, else ONNX Runtime."""
    faces: Literal["nearest", "centre", "all"] = "nearest"
    """Who is read of several: the largest face, the one closest to the picture's middle, or each of them."""
    asr: PathText | None = None
    """Folder of a speech recogniser; None: no text is read."""
    site_prior: dict[str, Probability] = Field(default_factory=dict)
    """Label -> how often it is met on this site; empty: the bundle's site prior."""
    voting: dict[str, Any] = Field(default_factory=dict)
    """Voting settings that differ from the bundle's."""
    display: DisplaySettings = DisplaySettings()
    alarm: AlarmSettings | None = None
    """None: no alarm is ever up."""
    log: LogSettings | None = None
    mqtt: MqttSettings | None = None
    policy: PolicySettings | None = None
    """None: no rule is asked, nothing is audited, and nothing can be recorded."""
    prometheus: PrometheusSettings | None = None
    record: RecordSettings = RecordSettings()
    """Of `edge record`."""
    review: ReviewSettings | None = None

    @property
    def language(self) -> Language:
        """Of the words a person is shown."""
        return self.display.language or default_language()


def read_site(path: Path) -> Site:
    """Read site.toml; paths in it are taken from its own folder. Raises ConfigError."""
    if not path.is_file():
        raise ConfigError.of("site_unreadable", path=path, why=InputError.of("no_file"))
    try:
        content = read_toml(path)
    except InputError as error:
        raise ConfigError.of("site_toml", path=path, why=error) from error
    _known(path, "", content, Site.model_fields)
    for name, section in SECTIONS.items():
        if isinstance(given := content.get(name), dict):
            _known(path, f"{name} ", given, section.model_fields)
    try:
        site = Site.model_validate(content)
    except ValidationError as error:
        raise ConfigError.of("site_value", at=f"{path}: ", why=first_error(error)) from error
    if why := replaced(site.voting):
        raise ConfigError.of("site_value", at=f"{path}: voting: ", why=why)
    _known(path, "voting ", site.voting, VotingSettings.model_fields)
    return _from_folder(path.parent, site)


def rules(site: Site, manifest: Manifest) -> Rules:
    """The bundle's voting rules with the site's wishes laid over them. Raises ConfigError."""
    try:
        settings = VotingSettings.model_validate(manifest.voting.model_dump() | site.voting)
    except ValidationError as error:
        raise ConfigError.of("site_value", at="voting: ", why=first_error(error)) from error
    if "events" in site.voting:
        _known(None, "voting.events", settings.events or {}, manifest.labels)
    if not site.site_prior:
        return Rules(settings, manifest.site_prior, manifest.train_prior, manifest.confusion)
    _known(None, "site_prior", site.site_prior, manifest.labels)
    missing = [label for label in manifest.labels if label not in site.site_prior]
    total = sum(site.site_prior.values())
    if missing:
        raise ConfigError.of("site_prior_lacks", names=", ".join(missing))
    if not abs(total - 1.0) <= 1e-3:
        raise ConfigError.of("site_prior_sum", total=total)
    prior = tuple(site.site_prior[label] for label in manifest.labels)
    return Rules(settings, prior, manifest.train_prior, manifest.confusion)


def _from_folder(folder: Path, settings: Model) -> Model:
    """The settings with each path in them, at any depth, taken from a folder."""
    found: dict[str, Any] = {}
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, Path):
            found[name] = folder / value
        elif isinstance(value, BaseModel):
            found[name] = _from_folder(folder, value)
    return settings.model_copy(update=found)


def _known(path: Path | None, section: str, given: Iterable[str], allowed: Iterable[str]) -> None:
    """Settings of a file, or, without one, labels of the bundle."""
    names = list(allowed)
    for key in given:
        if key not in names:
            near = difflib.get_close_matches(key, names, n=1, cutoff=0.5)
            hint = (
                ConfigError.of("hint_near", near=near[0])
                if near
                else ConfigError.of("hint_known", names=", ".join(names))
            )
            name = one_line(key, 60)
            if path:
                raise ConfigError.of("unknown_setting", at=f"{path}: ", section=section, name=name, hint=hint)
            raise ConfigError.of("unknown_label", section=section, name=name, hint=hint)
