"""What a trial must reach, set before it starts.

[negative]                      # both together, of the alarm of negative emotions
detection = 0.7                 # at least this share of the events is found
false_alarms_per_hour = 2.0     # with at most so many false alarms an hour
[minimum]                       # less evidence than this is never a go
days = 5
people = 3
events = 20
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from edge.bundle.manifest import Count, Probability, Spec
from edge.checked import Number, first_error
from edge.errors import ConfigError, InputError
from edge.system.documents import read_toml


class Pair(Spec):
    """Two numbers that are only ever asked together."""

    detection: Probability
    """Least share of the events that are found, 0..1."""
    false_alarms_per_hour: Annotated[Number, Field(ge=0.0, le=3600.0)]
    """Most false alarms an hour."""


class Minimum(Spec):
    """Evidence without which there is no go."""

    days: Count
    """Days of the site's calendar on which something was read."""
    people: Count
    """People of whom events were noted."""
    events: Count
    """Events of negative emotions while the trial ran."""


class Criteria(Spec):
    """What criteria.toml holds."""

    negative: Pair
    minimum: Minimum


def read_criteria(path: Path) -> Criteria:
    """Raises ConfigError."""
    if not path.is_file():
        raise ConfigError.of("site_unreadable", path=path, why=InputError.of("no_file"))
    try:
        return Criteria.model_validate(read_toml(path))
    except InputError as error:
        raise ConfigError.of("site_toml", path=path, why=error) from error
    except ValidationError as error:
        raise ConfigError.of("site_value", at=f"{path}: ", why=first_error(error)) from error
