"""The form that a person signs: what it says follows from [policy] of the site."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edge.config import Site
from edge.consent.given import SCOPES
from edge.errors import PolicyError
from edge.system.texts import visible

TEMPLATES = Path(__file__).parent
"""form.html.jinja."""
_ROOM = 34
"""Characters of one line of the form, of which a wide one counts two."""


@dataclass(frozen=True, slots=True)
class Form:
    """What the page shows, in words of the site; the rest stands in the template."""

    operator: str
    contact: str
    place: str
    purpose: str
    third_parties: str
    """Empty: nobody."""
    retention_days: int
    camera: bool
    microphone: bool
    """Whether they are there."""
    encrypted: bool
    region: str
    workers: bool
    """Whether people at work can be seen or heard."""
    scopes: tuple[str, ...]
    """Those that can be ticked: nothing is asked for that the site cannot record."""
    dense: bool
    """Whether long texts need smaller letters to stay on one sheet."""


def form(site: Site) -> Form:
    """The form of a site. Raises PolicyError without [policy], or with neither camera nor microphone."""
    policy = site.policy
    if policy is None:
        raise PolicyError.of("consents_form_policy")
    camera, microphone = site.camera != "off", site.microphone != "off"
    if not camera and not microphone:
        raise PolicyError.of("consents_form_nothing")
    told = (policy.operator, policy.contact, policy.place, policy.purpose, policy.third_parties)
    lines = sum(1 + sum(1 if c.isascii() else 2 for c in text) // (2 * _ROOM) for text in told)
    there = {"sound": microphone, "picture": camera}
    operator, contact, place, purpose, third_parties = (visible(text, keep="") for text in told)
    return Form(
        operator,
        contact,
        place,
        purpose,
        third_parties,
        policy.retention_days,
        camera,
        microphone,
        site.record.encrypt,
        policy.region,
        "worker" in policy.people,
        tuple(scope for scope in SCOPES if there.get(scope, True)),
        lines > 8,
    )
