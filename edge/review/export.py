"""Verdicts as files: tables for the KPIs, and labelled folders for training where media were kept.

verdicts.csv            one row a verdict: id, made, source, time, bundle, bundle_sha256, reading,
                        probability_<label>..., margin, verdict (cannot_tell where so), reviewer, note, given
kpi.csv                 measure, value, low, high (95 %), n
faces/, sound/          metadata.csv and the files it names, as an export reads them; only items
                        people agree on
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from edge.errors import InputError
from edge.review.erase import group_of
from edge.review.item import Item
from edge.review.results import Results, Share, results, verdict
from edge.review.store import Store
from edge.system.days import day_of
from edge.system.disk import reason
from edge.system.private import make_private, open_private
from edge.system.texts import csv_line


def export(store: Store, target: Path) -> dict[str, int]:
    """Write all of it into a new folder, or nothing; how many rows each part has. Raises InputError."""
    if target.exists():
        raise InputError.of("export_exists", path=target)
    items = [item for item in store.items() if item.verdicts]
    if not items:
        raise InputError.of("export_empty", folder=store.folder)
    try:
        with tempfile.TemporaryDirectory(dir=target.absolute().parent, prefix=".review-") as scratch:
            made = Path(scratch) / "made"
            make_private(made)
            rows = list(_verdicts(items))
            _table(made / "verdicts.csv", list(dict.fromkeys(name for row in rows for name in row)), rows)
            _table(made / "kpi.csv", ["measure", "value", "low", "high", "n"], kpi_rows(results(store)))
            counts = {"verdicts": len(rows)}
            for name, kind in (("faces", "face"), ("sound", "sound")):
                counts[name] = _media(made / name, items, kind)
            made.rename(target)
    except OSError as error:
        raise InputError.of("folder_unwritable", path=target, why=reason(error)) from error
    return counts


def kpi_rows(found: Results) -> list[dict[str, Any]]:
    """Every number of the results under a stable name."""
    rows = [
        _row(name, getattr(found, name))
        for name in ("waiting", "judged", "cannot_tell", "disputed", "alarms")
    ]
    rows += [_row("hours_read", round(found.hours, 3)), _row("days_read", found.days)]
    rows += [_share("negative_recall", found.recall), _share("negative_false_share", found.false)]
    for name, over in (("hour", found.hours), ("day", found.days)):
        rate = found.false_alarms(over)
        numbers: list[Any] = [round(part, 4) for part in rate or ()] or ["", "", ""]
        rows.append(_row(f"false_alarms_a_{name}", numbers[0], numbers[1], numbers[2], found.false.of))
    rows += [_share(f"agreement_{label}", share) for label, share in found.agreement.items()]
    for people, (value, n) in found.kappa.items():
        shown = "" if value is None else round(value, 4)
        rows.append(_row(f"kappa {' / '.join(people)}", shown, n=n))
    return rows


def _row(measure: str, value: Any, low: Any = "", high: Any = "", n: Any = "") -> dict[str, Any]:
    return {"measure": measure, "value": value, "low": low, "high": high, "n": n}


def _share(measure: str, share: Share) -> dict[str, Any]:
    low, high = share.interval
    value = "" if share.value is None else round(share.value, 4)
    return _row(measure, value, round(low, 4), round(high, 4), share.of)


def _verdicts(items: Sequence[Item]) -> Iterable[dict[str, Any]]:
    for item in items:
        first = item.readings[0]
        about = {"id": item.id, "made": item.made, "source": item.source, "time": first["time"]}
        about |= {"bundle": item.bundle, "bundle_sha256": item.bundle_sha256, "reading": item.label}
        about |= {f"probability_{label}": p for label, p in first["probabilities"].items()}
        for said in item.verdicts:
            yield about | {
                "margin": first["margin"],
                "verdict": said.label or "cannot_tell",
                "reviewer": said.reviewer,
                "note": said.note,
                "given": said.given,
            }


def _media(folder: Path, items: Sequence[Item], kind: str) -> int:
    """One labelled folder of what was kept with consent; how many files it has, none: no folder."""
    rows: list[dict[str, Any]] = []
    for item in items:
        kept, label = getattr(item, kind), verdict(item)
        if kept is None or label is None or item.consent is None or not kept.is_file():
            continue
        make_private(folder)
        name = f"{item.id}{kept.suffix}"
        with kept.open("rb") as source, open_private(folder / name, "xb") as copy:
            shutil.copyfileobj(source, copy)
        row = {"file_name": name, "emotion": label, "speaker": _speaker(item.consent)}
        rows.append(row | {"session": day_of(item.made).isoformat(), "transcript": item.words or ""})
    if rows:
        _table(folder / "metadata.csv", list(rows[0]), rows)
    return len(rows)


def _speaker(consent: Mapping[str, Any]) -> str:
    """One name for all who gave a consent: who of them it was is not known, and none may be judged on."""
    return group_of(consent["who"])


def _table(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    with open_private(path, "x", newline="", encoding="utf-8-sig") as file:  # as spreadsheets want Japanese
        file.write(csv_line(columns))
        file.writelines(csv_line(row.get(name, "") for name in columns) for row in rows)
