"""The notice for those who are seen and heard: what it says follows from the settings of the site.

Its items are those of the camera image guidebook 3.0 by METI and MIC: who runs it, what for, what is taken
and made of it, how long it is kept, who gets it, where to ask.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path

from edge.config import Site
from edge.errors import PolicyError
from edge.system.texts import visible
from edge.words import Language, word

TEMPLATES = Path(__file__).parent
"""notice.html.jinja."""
LONG = 70
"""Columns of a text that is set smaller, so that the notice stays on one page."""
ROW = 90
"""The same of an item."""


@dataclass(frozen=True, slots=True)
class Row:
    """One item of the notice."""

    name: str
    text: str
    small: bool
    """Whether the text is long."""


@dataclass(frozen=True, slots=True)
class Notice:
    """All that the page shows, in one language."""

    camera: bool
    microphone: bool
    """Whether they are there."""
    title: str
    lead: str
    purpose: str
    rows: tuple[Row, ...]
    contact: str
    since: str
    """Since when it hangs, or the day it was made."""


def notice(site: Site, language: Language) -> Notice:
    """The notice of a site. Raises PolicyError without [policy], or with neither camera nor microphone."""
    policy = site.policy
    if policy is None:
        raise PolicyError.of("notice_no_policy")
    camera, microphone = site.camera != "off", site.microphone != "off"
    if not camera and not microphone:
        raise PolicyError.of("notice_nothing")
    devices = "both" if camera and microphone else "camera" if camera else "microphone"
    said = {
        "operator": policy.operator,
        "place": policy.place,
        "taken": word(f"notice_taken_{devices}", language),
        "made": word("notice_made_text" if site.asr and microphone else "notice_made", language),
        "kept": word(_kept(site), language, days=policy.retention_days, k=policy.k),
        "given": policy.third_parties or word("notice_given_none", language),
        "out": policy.opt_out or word("notice_out_ask", language),
    }
    names = {name: word(f"notice_item_{name}", language) for name in said}
    rows = [Row(names[name], _shown(text), is_long(text, ROW)) for name, text in said.items()]
    return Notice(
        camera,
        microphone,
        word(f"notice_title_{devices}", language),
        word(f"notice_lead_{devices}", language),
        _shown(policy.purpose),
        tuple(rows),
        _shown(policy.contact),
        _day(policy.notice_since or datetime.date.today(), language),
    )


def _kept(site: Site) -> str:
    """The key of what is kept and how long."""
    policy = site.policy
    assert policy is not None
    if policy.self_view:
        return "notice_kept_self"
    if policy.aggregate:
        return "notice_kept_aggregate"
    return "notice_kept_media" if policy.media else "notice_kept"


def _day(day: datetime.date, language: Language) -> str:
    return f"{day.year} 年 {day.month} 月 {day.day} 日" if language == "ja" else day.isoformat()


def _shown(text: str) -> str:
    return visible(text, keep="")


def is_long(text: str, most: int = LONG) -> bool:
    """Whether a text is set smaller."""
    wide = sum(1 if character.isascii() else 2 for character in text)
    return wide > most
