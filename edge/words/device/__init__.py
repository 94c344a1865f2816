"""What a device says: readings, devices, sinks, checks; a part of the table in edge/words."""

from __future__ import annotations

from edge.words.device.board import BOARD
from edge.words.device.doctor import DOCTOR
from edge.words.device.gpu import GPU
from edge.words.device.panel import PANEL
from edge.words.device.reading import READING
from edge.words.device.review import REVIEW
from edge.words.device.sinks import SINKS
from edge.words.device.sources import SOURCES
from edge.words.device.sustained import SUSTAINED
from edge.words.device.update import UPDATE
from edge.words.device.update_help import UPDATE_HELP

DEVICE: dict[str, tuple[str, str]] = {
    **BOARD,
    **DOCTOR,
    **GPU,
    **PANEL,
    **READING,
    **REVIEW,
    **SINKS,
    **SOURCES,
    **SUSTAINED,
    **UPDATE,
    **UPDATE_HELP,
}
