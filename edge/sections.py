"""Sections of site.toml: where readings go, what is shown, when an alarm is up."""

from __future__ import annotations

import datetime
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator
from typing_extensions import Self

from edge.bundle.manifest import Probability, Spec
from edge.checked import Number, PathText, Text, Whole
from edge.errors import InputError
from edge.policy.section import PolicySettings
from edge.reading.alarm import OperatingPoint
from edge.reading.confidence import Costs
from edge.recording.section import RecordSettings
from edge.words import Language


def _host(value: str) -> str:
    if not re.fullmatch(r"[\w:-]+(\.[\w:-]+)*", value):
        raise ValueError(InputError.of("must_host"))
    return value


def _topic(value: str) -> str:
    if not value or any(c in value for c in "+#"):
        raise ValueError(InputError.of("must_topic"))
    return value


Port = Annotated[Whole, Field(ge=1, le=65535)]


class LogSettings(Spec):
    """Readings in files of a folder (edge/sinks/files/log.py)."""

    folder: PathText
    """Where the files go; it must exist."""
    format: Literal["jsonl", "csv"] = "jsonl"
    file_mb: Whole = Field(50, ge=1, le=100_000)
    """Size at which a new file is begun before the day is over (megabytes)."""
    quota_mb: Whole = Field(1000, ge=2, le=10_000_000)
    """Size all the files together never exceed: the oldest are deleted (megabytes)."""

    @model_validator(mode="after")
    def _room_for_two_files(self) -> Self:
        if self.quota_mb < 2 * self.file_mb:
            raise ValueError(InputError.of("must_room"))
        return self


class MqttSettings(Spec):
    """Readings to an MQTT broker (edge/sinks/mqtt/client.py)."""

    host: Annotated[Text, AfterValidator(_host)]
    """Name or address of the broker."""
    port: Port = 1883
    """1883 is usual without TLS, 8883 with it."""
    topic: Annotated[Text, AfterValidator(_topic)]
    """Topic all messages are below."""
    client_id: Text = Field(min_length=1)
    """Name of this device at the broker; no two devices may share one."""
    username: Text | None = None
    password_file: PathText | None = None
    """File that holds the password; only its owner may read it."""
    tls: bool | PathText = False
    """CA certificate (PEM) the broker's is checked against; true: those of the system; false: no TLS."""

    @model_validator(mode="after")
    def _password_of_somebody(self) -> Self:
        if self.password_file and not self.username:
            raise ValueError(InputError.of("must_user"))
        return self


class PrometheusSettings(Spec):
    """Numbers to scrape (edge/sinks/prometheus.py), on 127.0.0.1 only."""

    port: Port


class DisplaySettings(Spec):
    """The panel and the words on it (edge/display/)."""

    language: Language | None = None
    """None: the locale's."""
    full_screen: bool = False
    privacy: bool = False
    """A silhouette in place of the picture."""
    purpose: Text = ""
    """What the readings are for, on the banner; empty: the usual warning."""


class ConsentSettings(Spec):
    """Who agreed that media of checks are kept for people to judge and for training."""

    who: tuple[Annotated[Text, Field(min_length=1)], ...] = Field(min_length=1, max_length=1000)
    """Everybody the camera and the microphone can take; all of them agreed."""
    date: datetime.date
    """Of the last signature; a day later than any withdrawal by one of them (`edge review withdraw`)."""
    scope: tuple[Literal["face", "sound"], ...] = Field(min_length=1)
    """What may be kept."""


class ReviewSettings(Spec):
    """Readings that need a check, kept for a person (edge/review/store.py)."""

    folder: PathText
    """Where the queue is; it must exist."""
    days: Whole = Field(30, ge=1, le=3650)
    """Age at which media, and what nobody judged, are deleted."""
    consent: ConsentSettings | None = None
    """None: numbers only."""


class AlarmSettings(Spec):
    """When an alarm is up, and who decided so (edge/reading/alarm.py); `edge decide` writes it."""

    threshold: Probability
    """Voted probability of all negative labels together from which on an alarm is up."""
    suppression_s: Number = Field(0.0, ge=0.0, le=86400.0)
    """How long no alarm is raised after one came down (seconds)."""
    average_s: Annotated[Number, Field(ge=0.1, le=3600.0)] | None = None
    """tau of the filter that its score is voted by (seconds); None: that of the vote."""
    cost_miss: Annotated[Number, Field(ge=0.0, le=1e9)] | None = None
    """What a missed negative emotion or event costs, in any unit; None: that of Costs, as for a response."""
    cost_response: Annotated[Number, Field(ge=0.0, le=1e9)] | None = None
    """What it costs to go and see for a false alarm, in the same unit; None beside a cost of a miss: 1."""
    signed_by: Text | None = None
    """Who decided."""
    signed_on: datetime.date | None = None
    evidence: Text | None = None
    """What it was decided on: sha256 of the recordings' table."""
    bundle: Text | None = None
    """Digest of the bundle it was decided for (its manifest)."""

    @model_validator(mode="after")
    def _costs_fit(self) -> Self:
        if self.cost_response is not None and self.cost_miss is None:
            raise ValueError(InputError.of("must_costs"))
        if self.cost_miss == 0.0 and self.costs.response == 0.0:
            raise ValueError(InputError.of("must_cost"))
        return self

    @property
    def costs(self) -> Costs:
        """What checks are weighed by (edge/reading/confidence.py)."""
        if self.cost_miss is None:
            return Costs()
        return Costs(self.cost_miss, 1.0 if self.cost_response is None else self.cost_response)

    @property
    def point(self) -> OperatingPoint:
        """As the alarm goes by it."""
        return OperatingPoint(self.threshold, self.suppression_s, self.average_s)


SECTIONS: dict[str, type[Spec]] = {
    "alarm": AlarmSettings,
    "display": DisplaySettings,
    "log": LogSettings,
    "mqtt": MqttSettings,
    "policy": PolicySettings,
    "prometheus": PrometheusSettings,
    "record": RecordSettings,
    "review": ReviewSettings,
}
