"""Where the parts of a panel are: one layout for a window of some size, one for a small window."""

from __future__ import annotations

from dataclasses import dataclass

Area = tuple[float, float, float, float]
"""Left, top, width and height (units of the layout)."""
WIDTH, HEIGHT = 1280, 720
"""Size of a panel where no other is asked for (pixels)."""
SMALL = 0.75
"""Below this share of WIDTH and HEIGHT the small layout is used."""
LARGEST = 2.0
"""Above this multiple of them a panel is drawn no larger: it takes too long."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Parts by their areas; None: left out."""

    width: float
    height: float
    small: bool
    picture: Area
    devices: Area
    headline: Area
    bars: Area
    votes: Area | None
    weights: Area | None
    verdict: Area
    timeline: Area
    banner: Area

    @property
    def cards(self) -> tuple[Area, ...]:
        """What is drawn as a card."""
        found = (self.headline, self.devices, self.bars, self.votes, self.weights, self.timeline)
        return tuple(area for area in found if area)


FULL = Layout(
    WIDTH,
    HEIGHT,
    False,
    picture=(16, 52, 560, 315),
    devices=(16, 379, 560, 106),
    headline=(592, 52, 672, 196),
    bars=(592, 260, 372, 185),
    votes=(976, 260, 288, 111),
    weights=(976, 381, 288, 64),
    verdict=(592, 455, 672, 30),
    timeline=(16, 497, 1248, 175),
    banner=(0, 684, 1280, 36),
)
COMPACT = Layout(
    800,
    450,
    True,
    picture=(10, 36, 330, 186),
    devices=(10, 230, 330, 96),
    headline=(350, 36, 440, 180),
    bars=(350, 224, 440, 150),
    votes=None,
    weights=None,
    verdict=(350, 382, 440, 26),
    timeline=(10, 334, 330, 74),
    banner=(0, 414, 800, 36),
)


def layout_for(width: int, height: int) -> tuple[Layout, float]:
    """The layout for a panel of a size (pixels), and the pixels of one of its units."""
    scale = min(width / FULL.width, height / FULL.height)
    if scale >= SMALL:
        return FULL, scale
    return COMPACT, min(width / COMPACT.width, height / COMPACT.height)


def size_within(width: int, height: int) -> tuple[int, int]:
    """Size of the panel drawn for a window of a size (pixels)."""
    over = max(1.0, min(width / FULL.width, height / FULL.height) / LARGEST)
    return max(1, round(width / over)), max(1, round(height / over))


def inside(area: Area, x: float, y: float) -> bool:
    """Whether a point (units) is in an area."""
    return 0 <= x - area[0] < area[2] and 0 <= y - area[1] < area[3]
