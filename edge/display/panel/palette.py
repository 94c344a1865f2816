"""Colours of labels and of the panel, RGB; what carries a meaning has a shape or a word as well."""

from __future__ import annotations

Colour = tuple[int, int, int]

COLOURS = ("#999999", "#D55E00", "#E69F00", "#0072B2", "#CC79A7", "#56B4E9", "#009E73", "#F0E442")
"""Okabe-Ito, told apart by colour-blind people; the label is always written out as well."""


def rgb(colour: str) -> Colour:
    """#RRGGBB as numbers 0..255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def label_colour(index: int) -> Colour:
    """Colour of a label by its place in the bundle's list."""
    return rgb(COLOURS[index % len(COLOURS)])


BACK = rgb("#0D1117")
CARD = rgb("#161C24")
TRACK = rgb("#27303B")
"""The empty part of a bar or meter."""
NOBODY = rgb("#465364")
"""The silhouette."""
EDGE = rgb("#8A96A6")
"""Outlines and marks."""
TEXT = rgb("#F2F5F8")
MUTED = rgb("#AAB5C3")
WARN = rgb("#F0B84A")
BANNER = rgb("#3A2E12")
ALARM = rgb("#B33C00")
"""The band of an alarm that is up; its words are in TEXT."""
PAUSED = rgb("#F0B84A")
"""The band over a picture that stands still."""

TEXT_ON = (
    (TEXT, ALARM),
    (TEXT, BACK),
    (TEXT, CARD),
    (MUTED, BACK),
    (MUTED, CARD),
    (WARN, CARD),
    (WARN, BACK),
    (TEXT, BANNER),
    (TEXT, NOBODY),
    (TEXT, TRACK),
    (BACK, PAUSED),
)
"""Every text colour and what it is written on."""


def contrast(one: Colour, other: Colour) -> float:
    """WCAG 2 contrast ratio, 1..21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Colour) -> float:
    shares = [part / 255.0 for part in colour]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
