"""What is said about a site: its recordings, its calibration, its KPIs, its trial; a part of edge/words."""

from __future__ import annotations

<<<<<<< HEAD
from edge.words.site.calibrate import CALIBRATE

SITE: dict[str, tuple[str, str]] = {**CALIBRATE}
=======
from edge.words.site.kpi import KPI

SITE: dict[str, tuple[str, str]] = {**KPI}
>>>>>>> 4a3049c (Tables may say when and where a recording was made; alarms, episodes and their counts)
