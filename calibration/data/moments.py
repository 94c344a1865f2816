"""When a recording was made within its session, and which stretch of it a row of a table means."""

from __future__ import annotations

import unicodedata
from datetime import datetime

from calibration.data.table import Row, shown

LONGEST_S = 7 * 86400.0
"""No recording or session lasts longer (seconds)."""
FORMS = ("%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M")
"""Dates and times besides ISO 8601, as spreadsheets write them; / for - is as good."""


def moment_of(row: Row) -> float | None:
    """When a recording began (seconds since its session did, or since 1970); None: the row does not say.

    From the column start (seconds), else recorded (date and time). Raises DatasetError.
    """
    start = row.number("start", 0.0, LONGEST_S)
    said = unicodedata.normalize("NFKC", row.get("recorded"))
    if start is not None or not said:
        return start
    plain = said.replace("/", "-").removesuffix("Z")
    for form in (None, *FORMS):
        try:
            found = datetime.fromisoformat(plain) if form is None else datetime.strptime(plain, form)
        except ValueError:
            continue
        return found.timestamp()
    raise row.refused("table_recorded", said=shown(said))


def part_of(row: Row) -> tuple[float, float] | None:
    """The stretch that a row means (seconds within its file), from the columns from and to; None: all of it.

    Raises DatasetError where one is missing or the end is not after the beginning.
    """
    first, last = row.number("from", 0.0, LONGEST_S), row.number("to", 0.0, LONGEST_S)
    if first is None and last is None:
        return None
    if first is None or last is None or last <= first:
        raise row.refused("table_part", first=shown(row.get("from")), last=shown(row.get("to")))
    return first, last
