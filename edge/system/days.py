"""Days as the site's calendar has them. Moments are kept in UTC; a day with a meaning to people is local."""

from __future__ import annotations

from datetime import date, datetime, timezone


def day_of(moment: str) -> date:
    """Local day of a moment, ISO 8601 with its zone."""
    return datetime.fromisoformat(moment).astimezone().date()


def latest_day_of(when: str) -> date:
    """Local day of a moment, or the latest one that some moment of a UTC day, YYYY-MM-DD, falls on."""
    if "T" in when:
        return day_of(when)
    end = datetime.fromisoformat(f"{when}T23:59:59.999").replace(tzinfo=timezone.utc)
    return max(end.astimezone().date(), date.fromisoformat(when))
